// SPDX-License-Identifier: Apache-2.0
//
// A code is sign, 3 bits of segment (the exponent) and 4 bits of step (the mantissa), with bits
// inverted on the wire: all of them in mu-law (G.711 §3.2), every second one in A-law (§3.1).
// Decoding is a table made by the formula; encoding finds the segment by the leading bit.
#include "codec/g711.h"

#include <algorithm>
#include <array>
#include <bit>

namespace parley::codec {
namespace {

constexpr int kSignBit = 0x80;
constexpr int kMulawBias = 33 * 4;  // makes every segment begin at a power of two
constexpr int kMulawMax = 8158 * 4 + 3;
constexpr int kAlawInversion = 0x55;

/// The middle of the interval that `code` stands for.
constexpr std::int16_t decode_mulaw(int code) {
  const int bits = ~code & 0xFF;
  const int segment = (bits >> 4) & 7;
  const int step = bits & 15;
  const int magnitude = (((step << 3) + kMulawBias) << segment) - kMulawBias;
  return static_cast<std::int16_t>((bits & kSignBit) != 0 ? -magnitude : magnitude);
}

constexpr std::int16_t decode_alaw(int code) {
  const int bits = code ^ kAlawInversion;
  const int segment = (bits >> 4) & 7;
  const int step = bits & 15;
  const int in_segment = (step << 4) + 8;  // segments 0 and 1 have the same step
  const int magnitude = segment == 0 ? in_segment : (in_segment + 0x100) << (segment - 1);
  return static_cast<std::int16_t>((bits & kSignBit) != 0 ? magnitude : -magnitude);
}

template <std::int16_t (*decode)(int)>
constexpr std::array<std::int16_t, 256> make_table() {
  std::array<std::int16_t, 256> table{};
  for (int code = 0; code < 256; ++code) table[static_cast<std::size_t>(code)] = decode(code);
  return table;
}

constexpr std::array<std::int16_t, 256> kMulaw = make_table<decode_mulaw>();
constexpr std::array<std::int16_t, 256> kAlaw = make_table<decode_alaw>();

/// The place of the highest set bit; `value` > 0.
int highest_bit(int value) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(value))) - 1;
}

}  // namespace

std::int16_t mulaw_decode(std::uint8_t code) noexcept { return kMulaw[code]; }
std::int16_t alaw_decode(std::uint8_t code) noexcept { return kAlaw[code]; }

std::uint8_t mulaw_encode(std::int16_t sample) noexcept {
  // The 14 upper bits decide, as in the recommendation; for negative values they are floored.
  const int value = sample >> 2;
  const int magnitude = std::min((value < 0 ? -value : value) * 4, kMulawMax) + kMulawBias;
  const int segment = highest_bit(magnitude) - 7;
  const int step = (magnitude >> (segment + 3)) & 15;
  const int bits = (value < 0 ? kSignBit : 0) | (segment << 4) | step;
  return static_cast<std::uint8_t>(~bits);
}

std::uint8_t alaw_encode(std::int16_t sample) noexcept {
  const int value = sample >> 3;
  const int magnitude = value < 0 ? ~value : value;  // 12 bits; -1 shares its interval with 0
  const int segment = magnitude < 32 ? 0 : highest_bit(magnitude) - 4;
  const int step = (segment < 2 ? magnitude >> 1 : magnitude >> segment) & 15;
  const int bits = (value < 0 ? 0 : kSignBit) | (segment << 4) | step;
  return static_cast<std::uint8_t>(bits ^ kAlawInversion);
}

}  // namespace parley::codec
