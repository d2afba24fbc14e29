// SPDX-License-Identifier: Apache-2.0
#include "dsp/gain.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace parley::dsp {
namespace {

TEST(Gain, DecibelsAreAFactor) {
  EXPECT_FLOAT_EQ(gain_of_decibels(0.0F), 1.0F);
  EXPECT_NEAR(gain_of_decibels(-6.0206F), 0.5F, 1e-5F);
  EXPECT_NEAR(gain_of_decibels(20.0F), 10.0F, 1e-4F);
}

TEST(Gain, LeavesSamplesAloneAtOne) {
  Gain gain;
  gain.prepare({.rate = 16'000});
  std::vector<float> samples{0.1F, -0.7F};
  gain.process(samples);
  EXPECT_EQ(samples, (std::vector<float>{0.1F, -0.7F}));
}

TEST(Gain, ReachesTheLevelByARampWithoutSteps) {
  Gain gain;
  gain.prepare({.rate = 16'000});
  gain.set(0.0F);
  std::vector<float> samples(400, 1.0F);
  for (std::size_t i = 0; i < samples.size(); i += 50) {
    gain.process(std::span(samples).subspan(i, 50));
  }
  float before = 1.0F;
  for (const float sample : samples) {
    EXPECT_LE(std::abs(before - sample), 1.0F / 160 + 1e-5F);
    before = sample;
  }
  EXPECT_GT(samples[100], 0.3F);  // a ramp of 160 samples
  EXPECT_EQ(samples[161], 0.0F);
}

TEST(Gain, ResetJumps) {
  Gain gain;
  gain.prepare({.rate = 16'000});
  gain.set(0.5F);
  gain.reset();
  std::vector<float> samples{1.0F};
  gain.process(samples);
  EXPECT_EQ(samples[0], 0.5F);
}

}  // namespace
}  // namespace parley::dsp
