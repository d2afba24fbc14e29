// SPDX-License-Identifier: Apache-2.0
#include "operators/vad/vad_operator.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::SpeechEvent;

/// Takes calls and keeps them until the test lets them go.
class HeldHost final : public model::VadHost {
 public:
  bool submit(std::shared_ptr<model::VadCall> call) noexcept override {
    if (refuse) return false;
    held.push_back(std::move(call));
    return true;
  }
  void answer(float probability, Status status = {}) {
    const std::shared_ptr<model::VadCall> call = held.front();
    held.erase(held.begin());
    call->probability = probability;
    call->status = std::move(status);
    call->finish();
  }
  bool refuse = false;
  std::vector<std::shared_ptr<model::VadCall>> held;
};

class VadOperatorTest : public ::testing::Test {
 protected:
  VadOperatorTest() : harness_(std::make_unique<VadOperator>(host_, settings_)) {
    EXPECT_TRUE(harness_.open());
  }
  void feed(std::size_t samples) {
    const std::vector<float> audio(samples, 0.25F);
    harness_.feed("audio", test::audio_frame(pool_, audio, 16'000, at_));
    at_ += static_cast<std::int64_t>(samples);
    harness_.run();
  }
  void answer(float probability) {
    host_.answer(probability);
    harness_.run();
  }
  std::vector<SpeechEvent> events() { return harness_.read<SpeechEvent>("speech"); }

  HeldHost host_;
  TurnSettings settings_;
  media::BufferPool pool_;
  std::int64_t at_ = 0;
  test::OperatorHarness harness_;
};

TEST_F(VadOperatorTest, CutsFramesOfAnyLengthIntoWindows) {
  for (int i = 0; i < 4; ++i) feed(320);  // 1280 samples: two windows and a half
  ASSERT_EQ(host_.held.size(), 1U) << "one window in flight at a time";
  answer(0.9F);
  answer(0.9F);
  EXPECT_TRUE(host_.held.empty());
  const std::vector<SpeechEvent> seen = events();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].head.pts.samples(16'000), 0);
  EXPECT_EQ(seen[1].head.pts.samples(16'000), 512);
  EXPECT_TRUE(seen[1].is_speech);
}

TEST_F(VadOperatorTest, SpeechEndsLowerThanItStarts) {
  feed(512 * 4);
  for (const float probability : {0.45F, 0.55F, 0.40F, 0.30F}) answer(probability);
  std::vector<bool> verdicts;
  for (const SpeechEvent& event : events()) verdicts.push_back(event.is_speech);
  EXPECT_EQ(verdicts, (std::vector<bool>{false, true, true, false}));
}

TEST_F(VadOperatorTest, AThresholdOfZeroStillHearsNoSilence) {
  settings_.threshold = 0.0F;
  feed(512);
  answer(0.02F);
  EXPECT_FALSE(events().at(0).is_speech);
}

TEST_F(VadOperatorTest, OffersAWindowAgainWhenTheQueueWasFull) {
  host_.refuse = true;
  feed(512);
  EXPECT_TRUE(host_.held.empty());
  host_.refuse = false;
  harness_.advance(Millis(10));
  EXPECT_EQ(host_.held.size(), 1U);
}

TEST_F(VadOperatorTest, ForgetsItsStateWhileDetectionIsOff) {
  feed(512);
  host_.held.front()->state.hidden[0] = 1.0F;
  settings_.detect = false;
  feed(512);
  answer(0.9F);
  EXPECT_TRUE(events().empty()) << "the window from before is nobody's";
  settings_.detect = true;
  feed(512);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held.front()->state.hidden[0], 0.0F);
}

TEST_F(VadOperatorTest, GoesOnWithoutDetectionWhereSomebodyFollows) {
  settings_.detect = false;
  settings_.follows = true;
  feed(512);
  answer(0.9F);
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(VadOperatorTest, HearsTheFirstWindowAfterDetectionWasOff) {
  feed(512);
  settings_.detect = false;
  feed(512);     // the first window is still with the host
  answer(0.9F);  // nobody's
  feed(512);
  settings_.detect = true;
  feed(512);
  answer(0.9F);
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(VadOperatorTest, AFailedWindowIsReportedAndCountsAsSilence) {
  feed(512 * 2);
  host_.answer(0.9F, Error{ErrorCode::internal, "the model broke"});
  harness_.run();
  EXPECT_EQ(harness_.errors().size(), 1U);
  ASSERT_EQ(host_.held.size(), 1U);
  answer(0.9F);
  const std::vector<SpeechEvent> seen = events();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_FALSE(seen[0].is_speech);
  EXPECT_TRUE(seen[1].is_speech);
}

}  // namespace
}  // namespace parley::operators
