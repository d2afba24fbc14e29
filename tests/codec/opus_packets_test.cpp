// SPDX-License-Identifier: Apache-2.0
#include "codec/opus_packets.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace parley::codec {
namespace {

std::vector<std::int16_t> tone(std::size_t count, int rate) {
  std::vector<std::int16_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double angle = 2.0 * std::numbers::pi * 300.0 * static_cast<double>(i) / rate;
    samples[i] = static_cast<std::int16_t>(9000.0 * std::sin(angle));
  }
  return samples;
}

double rms(std::span<const std::int16_t> samples) {
  double sum = 0.0;
  for (const std::int16_t one : samples) sum += static_cast<double>(one) * one;
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

TEST(OpusPackets, PacketsOfAnyRateAreDecodedAtOurs) {
  for (const int frame_ms : {20, 40, 60}) {
    auto encoder = OpusPacketEncoder::make(24'000, frame_ms);
    ASSERT_TRUE(encoder);
    ASSERT_EQ(encoder->frame_samples(), static_cast<std::size_t>(24 * frame_ms));
    auto decoder = OpusPacketDecoder::make(16'000);
    ASSERT_TRUE(decoder);
    const std::vector<std::int16_t> samples = tone(encoder->frame_samples() * 10, 24'000);
    double last = 0.0;
    for (std::size_t at = 0; at < samples.size(); at += encoder->frame_samples()) {
      const auto packet = encoder->encode(std::span(samples).subspan(at, encoder->frame_samples()));
      ASSERT_TRUE(packet);
      EXPECT_LT(packet->size(), 600U);
      const auto decoded = decoder->decode(std::as_bytes(std::span(*packet)));
      ASSERT_TRUE(decoded);
      EXPECT_EQ(decoded->size(), static_cast<std::size_t>(16 * frame_ms));
      last = rms(*decoded);
    }
    EXPECT_NEAR(last, rms(samples), 1000.0);
  }
}

TEST(OpusPackets, WhatIsNoPacketIsAnErrorAndTheNextIsHeard) {
  auto decoder = OpusPacketDecoder::make(16'000);
  ASSERT_TRUE(decoder);
  EXPECT_FALSE(decoder->decode({}));
  const std::string broken("\x03\xFF\xFF", 3);  // two frames of unlike length that are not there
  EXPECT_FALSE(decoder->decode(std::as_bytes(std::span(broken))));
  auto encoder = OpusPacketEncoder::make(16'000, 60);
  const auto packet = encoder->encode(tone(encoder->frame_samples(), 16'000));
  EXPECT_EQ(decoder->decode(std::as_bytes(std::span(*packet)))->size(), 960U);
}

TEST(OpusPackets, WhatWasLostSoundsLikeWhatWasBeforeAndFades) {
  auto decoder = OpusPacketDecoder::make(16'000);
  ASSERT_TRUE(decoder);
  EXPECT_TRUE(decoder->conceal()->empty()) << "nothing came that it could sound like";
  auto encoder = OpusPacketEncoder::make(16'000, 20);
  ASSERT_TRUE(encoder);
  const std::vector<std::int16_t> samples = tone(encoder->frame_samples() * 10, 16'000);
  for (std::size_t at = 0; at < samples.size(); at += encoder->frame_samples()) {
    const auto packet = encoder->encode(std::span(samples).subspan(at, encoder->frame_samples()));
    ASSERT_TRUE(decoder->decode(std::as_bytes(std::span(*packet))));
  }
  const auto first = decoder->conceal();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 320U) << "as long as the packet before";
  EXPECT_GT(rms(*first), rms(samples) / 4);
  double last = 0.0;
  for (int lost = 0; lost < 50; ++lost) last = rms(*decoder->conceal());
  EXPECT_LT(last, rms(samples) / 10);
}

TEST(OpusPackets, OnlyWhatOpusHasIsMade) {
  EXPECT_FALSE(OpusPacketEncoder::make(22'050, 60));
  EXPECT_FALSE(OpusPacketEncoder::make(24'000, 50));
  EXPECT_FALSE(OpusPacketDecoder::make(44'100));
}

}  // namespace
}  // namespace parley::codec
