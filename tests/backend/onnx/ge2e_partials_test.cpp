// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ge2e_partials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;

constexpr std::size_t kSecond = 16'000;

// The expected starts are Resemblyzer's.
TEST(PartialStarts, AreResemblyzers) {
  EXPECT_THAT(partial_starts(1), ElementsAre(0));
  EXPECT_THAT(partial_starts(kSecond), ElementsAre(0));
  EXPECT_THAT(partial_starts(19 * kSecond / 10), ElementsAre(0)) << "113 of 160 frames are not 3/4";
  EXPECT_THAT(partial_starts(2 * kSecond), ElementsAre(0, 77));
  EXPECT_THAT(partial_starts(3 * kSecond), ElementsAre(0, 77, 154));
  EXPECT_THAT(partial_starts(43 * kSecond / 10), ElementsAre(0, 77, 154, 231, 308));
}

TEST(PartialStarts, FollowTheStep) {
  EXPECT_THAT(partial_starts(43 * kSecond / 10, 160), ElementsAre(0, 160));
  EXPECT_THAT(partial_starts(48 * kSecond / 10, 160), ElementsAre(0, 160, 320));
  EXPECT_THAT(partial_starts(2 * kSecond, 20), ElementsAre(0, 20, 40, 60));
}

TEST(PartialStarts, AreSpreadOverLongSpeech) {
  const std::vector<std::size_t> starts = partial_starts(60 * kSecond);
  ASSERT_EQ(starts.size(), kPartialsMax);
  EXPECT_EQ(starts.front(), 0U);
  EXPECT_GE(starts.back() + kPartialFrames, 5'960U);
  EXPECT_LE(starts.back() + kPartialFrames, 6'040U);
  for (std::size_t i = 1; i < starts.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(starts[i] - starts[i - 1]), 385.0, 77.0);
  }
}

}  // namespace
}  // namespace parley::backend
