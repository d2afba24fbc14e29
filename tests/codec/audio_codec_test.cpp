// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_codec.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/pcm16.h"
#include "tests/support/audio.h"

namespace parley::codec {
namespace {

using media::Codec;
using parley::test::sine;

std::vector<std::byte> bytes_of(Codec codec, std::span<const float> samples) {
  std::vector<std::byte> bytes(samples.size() * bytes_per_sample(codec));
  encode(codec, samples, bytes);
  return bytes;
}

TEST(Pcm16, EveryValueSurvivesTheRoundTrip) {
  for (int value = -32768; value <= 32767; ++value) {
    const auto sample = static_cast<std::int16_t>(value);
    ASSERT_EQ(float_to_pcm16(pcm16_to_float(sample)), sample);
  }
}

TEST(Pcm16, ClampsAndSilences) {
  EXPECT_EQ(float_to_pcm16(1.0F), 32767);
  EXPECT_EQ(float_to_pcm16(7.5F), 32767);
  EXPECT_EQ(float_to_pcm16(-1.0F), -32768);
  EXPECT_EQ(float_to_pcm16(-7.5F), -32768);
  EXPECT_EQ(float_to_pcm16(std::numeric_limits<float>::infinity()), 32767);
  EXPECT_EQ(float_to_pcm16(-std::numeric_limits<float>::infinity()), -32768);
  EXPECT_EQ(float_to_pcm16(std::nanf("")), 0);
  EXPECT_EQ(float_to_pcm16(0.6F / 32768), 1);
}

TEST(Pcm16, IsLittleEndianOnTheWire) {
  const std::vector<std::byte> bytes = bytes_of(Codec::pcm16, std::vector<float>{0.5F, -1.0F});
  EXPECT_EQ(bytes, (std::vector<std::byte>{std::byte{0x00}, std::byte{0x40}, std::byte{0x00},
                                           std::byte{0x80}}));
}

TEST(AudioCodec, ASineSurvivesEachCodec) {
  const std::vector<float> samples = sine(1600, 440, 16'000);
  for (const auto& [codec, tolerance] :
       {std::pair(Codec::pcm16, 1.0F / 32768), {Codec::pcmu, 0.02F}, {Codec::pcma, 0.02F}}) {
    const std::vector<std::byte> bytes = bytes_of(codec, samples);
    ASSERT_EQ(sample_count(codec, bytes.size()), samples.size());
    std::vector<float> decoded(samples.size());
    decode(codec, bytes, decoded);
    EXPECT_AUDIO_NEAR(decoded, samples, tolerance);
    std::vector<std::int16_t> pcm{42};
    append_pcm16(codec, bytes, pcm);
    ASSERT_EQ(pcm.size(), samples.size() + 1);
    EXPECT_EQ(pcm[0], 42);
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      ASSERT_EQ(pcm[i + 1], float_to_pcm16(decoded[i]));
    }
  }
}

TEST(SampleAssembler, ChunksCutAnywhereGiveTheSameSamples) {
  const std::vector<float> samples = parley::test::noise(500, 4);
  for (const Codec codec : {Codec::pcm16, Codec::pcmu}) {
    const std::vector<std::byte> bytes = bytes_of(codec, samples);
    std::vector<float> expected(samples.size());
    decode(codec, bytes, expected);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Random random(seed);
      SampleAssembler assembler(codec);
      std::vector<float> out;
      for (std::span<const std::byte> rest = bytes; !rest.empty();) {
        const std::size_t count = std::min<std::size_t>(rest.size(), random.next() % 6);
        const std::size_t before = out.size();
        out.resize(before + assembler.samples_with(count));
        assembler.decode(rest.first(count), std::span(out).subspan(before));
        rest = rest.subspan(count);
      }
      EXPECT_EQ(assembler.held(), 0U);
      EXPECT_AUDIO_NEAR(out, expected, 0.0F);
    }
  }
}

TEST(SampleAssembler, ForgetsHalfASampleOnDemand) {
  SampleAssembler assembler(Codec::pcm16);
  assembler.decode(std::vector<std::byte>(1), {});
  EXPECT_EQ(assembler.held(), 1U);
  EXPECT_EQ(assembler.samples_with(1), 1U);
  assembler.clear();
  EXPECT_EQ(assembler.samples_with(1), 0U);
}

}  // namespace
}  // namespace parley::codec
