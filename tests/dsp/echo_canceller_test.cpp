// SPDX-License-Identifier: Apache-2.0
#include "dsp/echo_canceller.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/dsp/voice.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/audio.h"

namespace parley::dsp {
namespace {

constexpr int kRate = 16'000;

/// A room: 20 ms until the sound arrives, then 60 ms that die away.
std::vector<float> through_room(const std::vector<float>& played) {
  constexpr std::size_t kDelay = 320, kLength = 960;
  Random random(11);
  std::vector<float> path(kLength);
  for (std::size_t i = 0; i < kLength; ++i) {
    const double decay = std::exp(-6.0 * static_cast<double>(i) / kLength);
    path[i] = static_cast<float>(0.15 * decay * (2.0 * random.uniform() - 1.0));
  }
  std::vector<float> heard(played.size());
  for (std::size_t i = kDelay; i < played.size(); ++i) {
    float sum = 0.0F;
    for (std::size_t k = 0; k < kLength && k + kDelay <= i; ++k) {
      sum += path[k] * played[i - kDelay - k];
    }
    heard[i] = sum;
  }
  return heard;
}

std::vector<float> cancel(EchoCanceller& canceller, std::vector<float> near,
                          const std::vector<float>& reference) {
  const std::size_t block = canceller.block_samples();
  for (std::size_t at = 0; at + block <= near.size(); at += block) {
    canceller.process(std::span(near).subspan(at, block), std::span(reference).subspan(at, block));
  }
  return near;
}

/// Echo return loss enhancement over the last two seconds.
double erle_db(const std::vector<float>& before, const std::vector<float>& after) {
  constexpr std::size_t kLast = 2U * kRate;
  return 20.0 * std::log10(test::rms(std::span(before).last(kLast)) /
                           (test::rms(std::span(after).last(kLast)) + 1e-9));
}

TEST(EchoCanceller, TheFilterAloneTakesOffTwentyDecibels) {
  const std::vector<float> played = test::noise(10U * kRate, 5, 0.4);
  const std::vector<float> echo = through_room(played);
  Result<EchoCanceller> canceller = EchoCanceller::make({.suppress = false});
  ASSERT_TRUE(canceller);
  const double erle = erle_db(echo, cancel(*canceller, echo, played));
  std::printf("ERLE, noise, filter alone: %.1f dB\n", erle);
  EXPECT_GT(erle, 20.0);
}

TEST(EchoCanceller, SpeechIsTakenOffToo) {
  const std::vector<float> played = test::voice(12U * kRate, kRate, 0.5);
  const std::vector<float> echo = through_room(played);
  for (const bool suppress : {false, true}) {
    Result<EchoCanceller> canceller = EchoCanceller::make({.suppress = suppress});
    ASSERT_TRUE(canceller);
    const double erle = erle_db(echo, cancel(*canceller, echo, played));
    std::printf("ERLE, voice, suppress %d: %.1f dB\n", suppress, erle);
    EXPECT_GT(erle, suppress ? 25.0 : 15.0);
  }
}

TEST(EchoCanceller, WhoSpeaksHereIsStillHeard) {
  const std::vector<float> played = test::noise(10U * kRate, 5, 0.4);
  const std::vector<float> echo = through_room(played);
  // Speaks in the last two seconds, when the path is known.
  std::vector<float> speech = test::voice(10U * kRate, kRate, 0.4);
  std::fill(speech.begin(), speech.end() - 2 * kRate, 0.0F);
  std::vector<float> near = echo;
  for (std::size_t i = 0; i < near.size(); ++i) near[i] += speech[i];
  Result<EchoCanceller> canceller = EchoCanceller::make({.suppress = false});
  ASSERT_TRUE(canceller);
  const std::vector<float> heard = cancel(*canceller, near, played);
  const double level =
      test::rms(std::span(heard).last(2U * kRate)) / test::rms(std::span(speech).last(2U * kRate));
  EXPECT_GT(level, 0.8);
  EXPECT_LT(level, 1.2);
}

TEST(EchoCanceller, AllocatesNothingInProcess) {
  Result<EchoCanceller> canceller = EchoCanceller::make({});
  ASSERT_TRUE(canceller);
  EXPECT_EQ(canceller->latency(), canceller->block_samples());
  std::vector<float> near(canceller->block_samples());
  const std::vector<float> reference(near.size(), 0.1F);
  const std::uint64_t before = test::allocations();
  for (int i = 0; i < 50; ++i) canceller->process(near, reference);
  EXPECT_EQ(test::allocations(), before);
}

TEST(EchoCanceller, RefusesWhatItCannotDo) {
  EXPECT_FALSE(EchoCanceller::make({.rate = 4'000}));
  EXPECT_FALSE(EchoCanceller::make({.tail_ms = 0}));
  EXPECT_FALSE(EchoCanceller::make({.tail_ms = 2'000}));
}

}  // namespace
}  // namespace parley::dsp
