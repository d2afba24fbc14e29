// SPDX-License-Identifier: Apache-2.0
//
// The detector in a turn operator, with a host that answers when the test says so. How eagerness
// and thresholds work together is tested over whole calls (tests/agent/voice_agent_test.cpp).
#include "operators/turn/model_detector.h"

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operators/turn/turn_operator.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::TurnEvent;
using Kind = TurnEvent::Kind;

constexpr std::int64_t kWindow = 512;

class HeldHost final : public model::TurnHost {
 public:
  bool submit(std::shared_ptr<model::TurnCall> call) noexcept override {
    if (refuse) return false;
    held.push_back(std::move(call));
    return true;
  }
  void answer(float probability, Status status = {}) {
    const std::shared_ptr<model::TurnCall> call = held.front();
    held.erase(held.begin());
    call->probability = probability;
    call->status = std::move(status);
    call->finish();
  }
  bool refuse = false;
  std::vector<std::shared_ptr<model::TurnCall>> held;
};

class ModelDetectorTest : public ::testing::Test {
 protected:
  ModelDetectorTest()
      : harness_(std::make_unique<TurnOperator>(
            settings_, buffer_, std::make_unique<ModelDetector>(settings_, buffer_, &host_))) {
    settings_.detector = TurnSettings::Detector::model;
    EXPECT_TRUE(harness_.open());
  }
  void hear(bool is_speech, int windows) {
    for (int i = 0; i < windows; ++i, at_ += kWindow) {
      const std::vector<float> samples(static_cast<std::size_t>(kWindow), is_speech ? 0.1F : 0.0F);
      harness_.feed("audio", test::audio_frame(pool_, samples, 16'000, at_));
      media::SpeechEvent event;
      event.head.pts = MediaTime::from_samples(at_, 16'000);
      event.head.duration = MediaTime::from_samples(kWindow, 16'000);
      event.is_speech = is_speech;
      harness_.feed("speech", event);
      harness_.run();
    }
  }
  void answer(float probability, Status status = {}) {
    host_.answer(probability, std::move(status));
    harness_.run();
  }
  std::vector<Kind> kinds() {
    std::vector<Kind> kinds;
    for (const TurnEvent& event : harness_.read<TurnEvent>("events")) kinds.push_back(event.kind);
    return kinds;
  }

  TurnSettings settings_;
  InputBuffer buffer_;
  HeldHost host_;
  media::BufferPool pool_;
  std::int64_t at_ = 0;
  test::OperatorHarness harness_;
};

TEST_F(ModelDetectorTest, HearsWhatWasSaidUpToTheSilenceAndNoMore) {
  hear(true, 20);
  hear(false, 9);  // the seventh is the first beyond 200 ms
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->audio.size(), static_cast<std::size_t>(27 * kWindow));
  EXPECT_GT(host_.held[0]->audio.front(), 0.05F);
  EXPECT_EQ(host_.held[0]->audio.back(), 0.0F);
}

TEST_F(ModelDetectorTest, LaterAudioWaitsForTheAnswer) {
  hear(true, 20);
  hear(false, 8);
  hear(true, 10);  // comes while the model thinks
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::started}));
  answer(0.99F);
  // The turn was over before the speech that came since: that is another one.
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::ended, Kind::started}));
}

TEST_F(ModelDetectorTest, RecognitionDoesNotWaitForIt) {
  hear(true, 20);
  hear(false, 7);
  answer(0.1F);
  hear(false, 9);  // 512 ms: the second question
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::started, Kind::paused}));
}

TEST_F(ModelDetectorTest, SpeechMakesAllAnswersVoid) {
  hear(true, 20);
  hear(false, 7);
  answer(0.7F);  // likely
  hear(true, 5);
  hear(false, 7);
  answer(0.7F);  // likely again, but of another silence: no confirmation
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::started}));
  hear(false, 9);
  answer(0.7F);
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::paused, Kind::ended}));
}

TEST_F(ModelDetectorTest, AModelThatFailsOrIsBusyLeavesItToTheLongestWait) {
  settings_.eagerness = TurnSettings::Eagerness::high;
  hear(true, 20);
  hear(false, 7);
  answer(0.99F, Error{ErrorCode::internal, "broken"});
  host_.refuse = true;
  hear(false, 55);
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::started, Kind::paused})) << "1984 ms";
  hear(false, 1);
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::ended}));
}

TEST_F(ModelDetectorTest, ACommitCancelsTheQuestion) {
  hear(true, 20);
  hear(false, 7);
  const std::shared_ptr<model::TurnCall> call = host_.held.at(0);
  harness_.as<TurnOperator>().commit();
  EXPECT_TRUE(call->cancelled());
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::started, Kind::ended}));
}

TEST_F(ModelDetectorTest, IsSwitchedToSilenceAtAnyTime) {
  hear(true, 20);
  hear(false, 7);
  settings_.detector = TurnSettings::Detector::silence;
  hear(false, 9);
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::started, Kind::paused, Kind::ended}));
}

}  // namespace
}  // namespace parley::operators
