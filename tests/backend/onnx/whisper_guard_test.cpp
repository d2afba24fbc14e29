// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_guard.h"

#include <vector>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

TEST(WhisperGuard, SilenceTakesBothSigns) {
  EXPECT_TRUE(is_silence({.logprob_mean = -1.2, .no_speech = 0.7}));
  EXPECT_TRUE(is_silence({.logprob_mean = -0.89, .no_speech = 0.92})) << "a greeting in Korean";
  EXPECT_FALSE(is_silence({.logprob_mean = -0.4, .no_speech = 0.9}));
  EXPECT_FALSE(is_silence({.logprob_mean = -1.2, .no_speech = 0.5}));
}

TEST(WhisperGuard, ALongTextOfRepetitionIsMadeUp) {
  EXPECT_TRUE(is_made_up({.repeated = 0.6, .tokens = 40}));
  EXPECT_FALSE(is_made_up({.repeated = 0.6, .tokens = 8})) << "no, no, no, no";
  EXPECT_TRUE(is_made_up({.logprob_mean = -0.3, .no_speech = 0.7, .repeated = 0.6, .tokens = 8}));
  EXPECT_FALSE(is_made_up({.repeated = 0.4, .tokens = 40}));
  EXPECT_TRUE(is_made_up({.logprob_mean = -1.2, .no_speech = 0.7}));
}

TEST(WhisperGuard, WhatIsUnlikelyOrRepeatsItselfIsDoubtful) {
  EXPECT_FALSE(is_doubtful({.logprob_mean = -0.9}));
  EXPECT_TRUE(is_doubtful({.logprob_mean = -1.1}));
  EXPECT_TRUE(is_doubtful({.repeated = 0.6}));
  EXPECT_TRUE(is_doubtful({.was_cut = true}));
  EXPECT_FALSE(is_doubtful({.logprob_mean = -1.1, .no_speech = 0.7})) << "silence is certain";
}

TEST(WhisperGuard, RepetitionIsWorseThanBeingUnlikely) {
  const WhisperScores loop{.logprob_mean = -0.1, .was_cut = true};
  const WhisperScores plain{.logprob_mean = -0.9};
  EXPECT_TRUE(is_better(plain, loop));
  EXPECT_FALSE(is_better(loop, plain));
  EXPECT_TRUE(is_better({.logprob_mean = -0.2}, plain));
}

TEST(WhisperGuard, RepetitionIsCountedInRunsOfThree) {
  const auto share = [](const std::vector<std::int64_t>& tokens) { return repeated_share(tokens); };
  EXPECT_EQ(share({}), 0.0);
  EXPECT_EQ(share({1, 1}), 0.0);
  EXPECT_EQ(share({1, 2, 3, 4}), 0.0);
  EXPECT_DOUBLE_EQ(share({1, 1, 1, 1, 1}), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(share({1, 2, 3, 4, 1, 2, 3, 4}), 2.0 / 6.0);
}

}  // namespace
}  // namespace parley::backend
