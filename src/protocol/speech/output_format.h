// SPDX-License-Identifier: Apache-2.0
//
// What a client wants its speech to be: a format, a rate, sometimes a bit rate.
//
// Threads: any (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::protocol {

/// Files, and what has no header: pcm (s16le), pcmu and pcma (G.711).
enum class SpeechFormat : std::uint8_t { mp3, opus, aac, flac, wav, pcm, pcmu, pcma };

[[nodiscard]] std::string_view name_of(SpeechFormat format) noexcept;  // "mp3"
[[nodiscard]] std::optional<SpeechFormat> speech_format_named(std::string_view name) noexcept;

struct OutputFormat {
  SpeechFormat format = SpeechFormat::pcm;
  int rate = 24'000;  // Hz
  int kbps = 0;       // of what is compressed; 0: as the encoder likes it
  friend bool operator==(const OutputFormat&, const OutputFormat&) = default;
};

/// ElevenLabs' `output_format`: pcm_24000, wav_44100, mp3_44100_128, opus_48000_64, ulaw_8000,
/// alaw_8000. Nothing for any other.
[[nodiscard]] std::optional<OutputFormat> eleven_labs_format(std::string_view name) noexcept;

/// Deepgram's `encoding`: linear16, mulaw, alaw, mp3, opus, flac, aac.
[[nodiscard]] std::optional<SpeechFormat> deepgram_encoding(std::string_view name) noexcept;

}  // namespace parley::protocol
