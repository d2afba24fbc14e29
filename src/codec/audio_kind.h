// SPDX-License-Identifier: Apache-2.0
//
// Which kind of audio file some bytes are, by their first bytes (the names and types that clients
// give are often wrong).
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace parley::codec {

enum class AudioKind : std::uint8_t {
  unknown,
  wav,  // RIFF, RIFX, RF64, W64 too
  flac,
  ogg,   // Opus, Vorbis, FLAC
  mp3,   // MPEG layers 1 to 3
  aiff,  // AIFC too
  au,
  caf,
  mp4,   // M4A, MOV, 3GP: the ISO base media files
  webm,  // Matroska
  aac,   // ADTS, without a container
  amr,
};

/// How many bytes are looked at.
inline constexpr std::size_t kAudioKindBytes = 16;

/// `begin`: the first bytes of a file, or all of a shorter one.
[[nodiscard]] AudioKind audio_kind_of(std::span<const std::byte> begin) noexcept;
/// For messages: "MP4 (M4A)".
[[nodiscard]] std::string_view name_of(AudioKind kind) noexcept;
/// audio_decoder.h cannot read it, but the program ffmpeg can.
[[nodiscard]] bool needs_ffmpeg(AudioKind kind) noexcept;

}  // namespace parley::codec
