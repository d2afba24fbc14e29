// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/log_mel_block.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

constexpr std::size_t kHop = dsp::WhisperLogMel::kHop;
constexpr std::size_t kBins = dsp::WhisperLogMel::kBins;

dsp::WhisperLogMel features() { return *dsp::WhisperLogMel::make(); }

std::vector<float> tone(std::size_t samples) {
  std::vector<float> out(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    out[i] = 0.3F * static_cast<float>(std::sin(2.0 * std::numbers::pi * 1000.0 *
                                                static_cast<double>(i) / 16'000.0));
  }
  return out;
}

TEST(LogMelBlock, AToneIsLoudInItsBinsWhileItLasts) {
  constexpr std::size_t kFrames = 20;
  const auto block = log_mel_block(features(), tone(10 * kHop), kFrames);
  ASSERT_EQ(block.size(), kBins * kFrames);
  const auto loudest = std::ranges::max_element(block);
  EXPECT_LT(static_cast<std::size_t>(loudest - block.begin()) % kFrames, 11U);
  const auto bin = static_cast<std::size_t>(loudest - block.begin()) / kFrames;
  EXPECT_GT(block[bin * kFrames + 5], block[(kBins - 1) * kFrames + 5] + 1.0F);
  // Nothing is more than 2 (8 before the division by 4) below the loudest.
  for (std::size_t i = 0; i < kBins; ++i) {
    EXPECT_FLOAT_EQ(block[i * kFrames + 15], *loudest - 2.0F) << i;
  }
}

TEST(LogMelBlock, SilenceThatIsGivenIsTheSilenceThatIsAdded) {
  constexpr std::size_t kFrames = 30;
  std::vector<float> audio = tone(10 * kHop);
  const auto added = log_mel_block(features(), audio, kFrames);
  audio.resize(kFrames * kHop);
  EXPECT_EQ(log_mel_block(features(), audio, kFrames), added);
}

TEST(LogMelBlock, CutsWhatIsLonger) {
  EXPECT_EQ(log_mel_block(features(), tone(99 * kHop), 7),
            log_mel_block(features(), tone(7 * kHop), 7));
}

TEST(LogMelBlock, NothingButSilenceIsLevel) {
  const auto block = log_mel_block(features(), {}, 2);
  EXPECT_TRUE(std::ranges::all_of(block, [](float value) { return value == -1.5F; }));
}

}  // namespace
}  // namespace parley::backend
