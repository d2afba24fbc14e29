// SPDX-License-Identifier: Apache-2.0
//
// Samples into a file's bytes while both are still being made: what goes out can be played at once,
// and all pieces joined are one valid file.
//
//   PARLEY_TRY(auto encoder, AudioEncoder::make({.format = AudioFileFormat::mp3, .rate = 24'000}));
//   PARLEY_TRY_STATUS(encoder->encode(samples, bytes));   // again and again
//   PARLEY_TRY_STATUS(encoder->finish(bytes));            // once
//
// Bytes are appended. What is whole goes out at once; a codec that works on frames keeps some back:
// at 24 kHz opus 27 ms, flac 50 ms, mp3 80 ms and aac 110 ms. Mono throughout.
//
// Threads: one owner. Allocates: nothing in `encode` but what `out` needs, and what libFLAC does.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::codec {

enum class AudioFileFormat : std::uint8_t {
  pcm,   // 16-bit little-endian samples without a header
  wav,   // the same with one, whose lengths are those of a stream: 0xFFFFFFFF
  mp3,   // constant bit rate, each frame by itself, no tags
  opus,  // in Ogg (RFC 7845)
  aac,   // AAC-LC in ADTS
  flac,  // 16 bits, of unknown length
  pcmu,  // G.711 without a header
  pcma,
};

struct AudioEncoding {
  AudioFileFormat format = AudioFileFormat::mp3;
  int rate = 24'000;  // Hz
  int bitrate = 0;    // bits per second, of mp3, opus and aac; 0: what is good for speech
};

class AudioEncoder {
 public:
  /// Errors: invalid_argument (a rate or bit rate that the format does not have; the message says
  /// which it has), resource_exhausted.
  static Result<std::unique_ptr<AudioEncoder>> make(const AudioEncoding& encoding);

  AudioEncoder(const AudioEncoder&) = delete;
  AudioEncoder& operator=(const AudioEncoder&) = delete;
  virtual ~AudioEncoder() = default;

  /// Louder ones than 1 are clamped; what is no number is silence. Errors: internal.
  Status encode(std::span<const float> samples, std::string& out);
  /// What was kept back, and what ends the file. REQUIRES: it is the last call.
  Status finish(std::string& out);

  /// What a decoder puts before the first sample, at our rate, unless it is told by the file to
  /// leave it away (Opus): 0 but for mp3 and aac.
  [[nodiscard]] virtual int priming_samples() const { return 0; }

 protected:
  AudioEncoder() = default;
  virtual Status encode_pcm(std::span<const std::int16_t> pcm, std::string& out) = 0;
  virtual Status finish_pcm(std::string& out) = 0;
  /// A caller's samples end here: what can go out does.
  virtual Status end_piece(std::string& /*out*/) { return {}; }

 private:
  bool is_finished_ = false;
};

/// "audio/mpeg"
[[nodiscard]] std::string_view content_type(AudioFileFormat format) noexcept;
/// "mp3": as messages and clients call it.
[[nodiscard]] std::string_view format_name(AudioFileFormat format) noexcept;
/// The rate of the format that loses least of audio at `rate`: the next one up, or else its
/// highest.
[[nodiscard]] int encodable_rate(AudioFileFormat format, int rate) noexcept;

}  // namespace parley::codec
