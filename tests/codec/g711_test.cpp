// SPDX-License-Identifier: Apache-2.0
#include "codec/g711.h"

#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

namespace parley::codec {
namespace {

constexpr int kLowest = std::numeric_limits<std::int16_t>::min();
constexpr int kHighest = std::numeric_limits<std::int16_t>::max();

std::int16_t s16(int value) { return static_cast<std::int16_t>(value); }
std::uint8_t u8(int value) { return static_cast<std::uint8_t>(value); }

/// FNV-1a over the codes of all 16-bit values, from the lowest to the highest.
template <typename Encode>
std::uint64_t fingerprint(Encode encode) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
  for (int sample = kLowest; sample <= kHighest; ++sample) {
    hash = (hash ^ encode(s16(sample))) * 0x100'0000'01B3;
  }
  return hash;
}

// Computed with audioop.lin2ulaw and audioop.lin2alaw of CPython 3.11.
TEST(G711, EncodesEveryValueAsAnotherImplementationDoes) {
  EXPECT_EQ(fingerprint(mulaw_encode), 0xD5EE'23F7'D0FF'AE91U);
  EXPECT_EQ(fingerprint(alaw_encode), 0xF030'666E'B780'CF25U);
}

// G.711 tables 2a and 2b (mu-law, quantized values times 4): ends, segment borders, zero.
TEST(G711, DecodesMulawAsTheTablesSay) {
  EXPECT_EQ(mulaw_decode(0x80), 8031 * 4);
  EXPECT_EQ(mulaw_decode(0x8F), 4191 * 4);
  EXPECT_EQ(mulaw_decode(0x9F), 2079 * 4);
  EXPECT_EQ(mulaw_decode(0xAF), 1023 * 4);
  EXPECT_EQ(mulaw_decode(0xEF), 33 * 4);
  EXPECT_EQ(mulaw_decode(0xFE), 2 * 4);
  EXPECT_EQ(mulaw_decode(0xFF), 0);
  EXPECT_EQ(mulaw_decode(0x00), -8031 * 4);
  EXPECT_EQ(mulaw_decode(0x7F), 0);
}

// G.711 tables 1a and 1b (A-law, quantized values times 8; even bits inverted).
TEST(G711, DecodesAlawAsTheTablesSay) {
  EXPECT_EQ(alaw_decode(0xFF ^ 0x55), 4032 * 8);
  EXPECT_EQ(alaw_decode(0xF0 ^ 0x55), 2112 * 8);
  EXPECT_EQ(alaw_decode(0xE0 ^ 0x55), 1056 * 8);
  EXPECT_EQ(alaw_decode(0x80 ^ 0x55), 1 * 8);
  EXPECT_EQ(alaw_decode(0x00 ^ 0x55), -1 * 8);
  EXPECT_EQ(alaw_decode(0x7F ^ 0x55), -4032 * 8);
}

TEST(G711, CodesSurviveTheRoundTrip) {
  for (int code = 0; code < 256; ++code) {
    EXPECT_EQ(alaw_encode(alaw_decode(u8(code))), code);
    // Negative zero decodes to zero, which is encoded as positive zero.
    EXPECT_EQ(mulaw_encode(mulaw_decode(u8(code))), code == 0x7F ? 0xFF : code);
  }
}

TEST(G711, DecodingIsMonotonicAndTheErrorBounded) {
  int mulaw_before = mulaw_decode(mulaw_encode(s16(kLowest)));
  int alaw_before = alaw_decode(alaw_encode(s16(kLowest)));
  for (int sample = kLowest; sample <= kHighest; ++sample) {
    const int mulaw = mulaw_decode(mulaw_encode(s16(sample)));
    const int alaw = alaw_decode(alaw_encode(s16(sample)));
    ASSERT_GE(mulaw, mulaw_before);
    ASSERT_GE(alaw, alaw_before);
    // A step is 1/16 of its segment: half of that, and what the ends clip.
    ASSERT_LE(std::abs(mulaw - sample), 8 + std::abs(sample) / 30);
    ASSERT_LE(std::abs(alaw - sample), 16 + std::abs(sample) / 30);
    mulaw_before = mulaw;
    alaw_before = alaw;
  }
}

}  // namespace
}  // namespace parley::codec
