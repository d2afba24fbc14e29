// SPDX-License-Identifier: Apache-2.0
#include "codec/resample_pcm16.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

namespace parley::codec {
namespace {

TEST(ResamplePcm16, KeepsTheLength) {
  const std::vector<std::int16_t> second(16'000, 0);
  EXPECT_EQ(resample_pcm16(second, 16'000, 24'000)->size(), 24'000U);
  EXPECT_EQ(resample_pcm16(second, 16'000, 16'000)->size(), 16'000U);
  EXPECT_TRUE(resample_pcm16({}, 16'000, 24'000)->empty());
}

TEST(ResamplePcm16, KeepsTheLevel) {
  const std::vector<std::int16_t> level(1'600, 8'000);
  const std::vector<std::int16_t> out = *resample_pcm16(level, 16'000, 24'000);
  for (std::size_t i = 200; i < out.size() - 200; ++i) {
    EXPECT_LE(std::abs(out[i] - 8'000), 80) << "sample " << i;
  }
}

TEST(ResamplePcm16, RefusesImpossibleRates) {
  EXPECT_FALSE(resample_pcm16(std::vector<std::int16_t>(10), 0, 24'000));
}

}  // namespace
}  // namespace parley::codec
