// SPDX-License-Identifier: Apache-2.0
//
// 16-bit signed samples, little-endian on the wire, to and from float32 in [-1, 1).
// The scale is 32768 both ways, so that every 16-bit value survives the round trip. Too loud floats
// are clamped; a NaN becomes silence.
//
// Threads: any (pure functions). Allocates: no.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::codec {

inline constexpr float kPcm16Scale = 32768.0F;

[[nodiscard]] inline float pcm16_to_float(std::int16_t sample) noexcept {
  return static_cast<float>(sample) / kPcm16Scale;
}

/// Rounds to the nearest, ties to even.
[[nodiscard]] inline std::int16_t float_to_pcm16(float sample) noexcept {
  float scaled = sample * kPcm16Scale;
  if (!(scaled >= -32768.0F)) scaled = std::isnan(scaled) ? 0.0F : -32768.0F;
  if (scaled > 32767.0F) scaled = 32767.0F;
  return static_cast<std::int16_t>(std::lrintf(scaled));
}

/// REQUIRES for all: as many samples out as in (a sample is two bytes).
void pcm16_to_float(std::span<const std::byte> bytes, std::span<float> samples) noexcept;
void pcm16_to_float(std::span<const std::int16_t> pcm, std::span<float> samples) noexcept;
void float_to_pcm16(std::span<const float> samples, std::span<std::byte> bytes) noexcept;
void float_to_pcm16(std::span<const float> samples, std::span<std::int16_t> pcm) noexcept;

}  // namespace parley::codec
