// SPDX-License-Identifier: Apache-2.0
#include "dsp/mixer.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/audio.h"

namespace parley::dsp {
namespace {

TEST(Mixer, Adds) {
  std::vector<float> sum{0.1F, -0.2F};
  mix(sum, std::vector<float>{0.3F, 0.4F}, 0.5F);
  EXPECT_AUDIO_NEAR(sum, (std::vector<float>{0.25F, 0.0F}), 1e-7F);
}

TEST(Limiter, LeavesWhatIsQuietAlone) {
  std::vector<float> samples{0.0F, 0.5F, -kLimitKnee, kLimitKnee};
  const std::vector<float> before = samples;
  EXPECT_EQ(limit(samples), 0U);
  EXPECT_EQ(samples, before);
}

TEST(Limiter, BendsWhatIsLoudAndKeepsTheOrder) {
  std::vector<float> samples;
  for (int i = -400; i <= 400; ++i) samples.push_back(static_cast<float>(i) * 0.01F);
  EXPECT_EQ(limit(samples), 640U);
  for (std::size_t i = 1; i < samples.size(); ++i) ASSERT_GE(samples[i], samples[i - 1]);
  EXPECT_LE(samples.back(), 1.0F);
  EXPECT_GE(samples.front(), -1.0F);
}

}  // namespace
}  // namespace parley::dsp
