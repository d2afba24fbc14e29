// SPDX-License-Identifier: Apache-2.0
//
// Opus packet by packet (RFC 6716), as sockets carry it: no container, each message is one packet.
//
//   PARLEY_TRY(auto encoder, OpusPacketEncoder::make(24'000, 60));
//   PARLEY_TRY(const std::string packet, encoder.encode(frame));   // of frame_samples()
//
// Threads: one owner. Allocates: what is returned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

struct OpusDecoder;
struct OpusEncoder;

namespace parley::codec {

class OpusPacketEncoder {
 public:
  /// `rate`: 8000, 12000, 16000, 24000 or 48000 Hz; `frame_ms`: 20, 40 or 60. Mono, for speech.
  /// Errors: invalid_argument, resource_exhausted.
  static Result<OpusPacketEncoder> make(int rate, int frame_ms);

  [[nodiscard]] std::size_t frame_samples() const noexcept { return frame_samples_; }
  /// REQUIRES: samples.size() == frame_samples(). Errors: internal.
  [[nodiscard]] Result<std::string> encode(std::span<const std::int16_t> samples);

 private:
  struct Close {
    void operator()(OpusEncoder* opus) const noexcept;
  };
  OpusPacketEncoder(OpusEncoder* opus, std::size_t frame_samples)
      : opus_(opus), frame_samples_(frame_samples) {}

  std::unique_ptr<OpusEncoder, Close> opus_;
  std::size_t frame_samples_;
};

class OpusPacketDecoder {
 public:
  /// At `rate`, whatever the packets were made at. Errors: invalid_argument, resource_exhausted.
  static Result<OpusPacketDecoder> make(int rate);

  /// Mono samples of a packet, at most 120 ms; valid until the next call. Errors:
  /// invalid_argument, when it is no packet; the next one is decoded as if it had not come.
  [[nodiscard]] Result<std::span<const std::int16_t>> decode(std::span<const std::byte> packet);
  /// What a packet that was lost may have sounded like: as long as the one before it, and fainter
  /// with each in a row (RFC 6716 §4.4). Nothing, when none came before. Errors: internal.
  [[nodiscard]] Result<std::span<const std::int16_t>> conceal();

 private:
  struct Close {
    void operator()(OpusDecoder* opus) const noexcept;
  };
  OpusPacketDecoder(OpusDecoder* opus, std::size_t samples_max)
      : opus_(opus), samples_(samples_max) {}

  std::unique_ptr<OpusDecoder, Close> opus_;
  std::vector<std::int16_t> samples_;
  std::size_t last_ = 0;  // samples of the packet before
};

}  // namespace parley::codec
