// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/speaker_labels.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "tests/support/audio.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::TurnEvent;
using Kind = TurnEvent::Kind;

class HeldHost final : public model::SpeakerHost {
 public:
  bool submit(std::shared_ptr<model::SpeakerCall> call) noexcept override {
    if (refuse) return false;
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t dimension() const noexcept override { return 1; }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 1U << 20U; }
  [[nodiscard]] std::string name() const override { return "held"; }
  void answer(std::size_t which, float value) const {
    held.at(which)->embedding = {value};
    held.at(which)->finish();
  }
  bool refuse = false;
  std::vector<std::shared_ptr<model::SpeakerCall>> held;
};

/// Knows whoever has a 1 for an embedding.
class OneSpeaker final : public model::KnownSpeakers {
 public:
  void refresh(const std::string& owner) override {
    ++refreshes;
    EXPECT_EQ(owner, "key-1");
  }
  [[nodiscard]] bool may_know_any(const std::string&) const override { return knows_any; }
  [[nodiscard]] std::string name_of(const std::string&,
                                    std::span<const float> embedding) const override {
    return embedding.front() == 1.0F ? "Anna" : "";
  }
  bool knows_any = true;
  int refreshes = 0;
};

class SpeakerLabelsTest : public ::testing::Test {
 protected:
  SpeakerLabelsTest() {
    buffer_.append(MediaTime{}, test::noise(16'000 * 30, 1));
    labels_.emplace(SpeakerLabels::Surroundings{
        .host = host_, .known = known_, .clock = runtime_.clock, .owner = "key-1", .waker = {}});
  }
  void hear(Kind kind, std::uint64_t utterance, std::int64_t at, std::int64_t speech_end = 0) {
    TurnEvent event;
    event.kind = kind;
    event.utterance = {utterance};
    event.audio_begin = MediaTime::from_ms(100);
    event.speech_end = MediaTime::from_ms(speech_end);
    event.head.pts = MediaTime::from_ms(at);
    labels_->hear(event, buffer_);
  }

  exec::ManualRuntime runtime_;
  HeldHost host_;
  OneSpeaker known_;
  InputBuffer buffer_;
  std::optional<SpeakerLabels> labels_;
};

TEST_F(SpeakerLabelsTest, TheEmbeddingBeginsAtThePauseAndHearsSpeechAlone) {
  hear(Kind::started, 1, 1000);
  EXPECT_EQ(known_.refreshes, 2) << "at the begin, and when somebody speaks";
  hear(Kind::paused, 1, 2250, 2000);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->audio.size(), 16'000U) << "from 1 s to 2 s";
  hear(Kind::ended, 1, 2500, 2000);
  EXPECT_EQ(host_.held.size(), 1U) << "the same audio";
  EXPECT_FALSE(labels_->is_ready({1}));
  host_.answer(0, 1.0F);
  EXPECT_TRUE(labels_->is_ready({1}));
  EXPECT_EQ(labels_->take({1}), "Anna");
  EXPECT_EQ(labels_->take({1}), "") << "once";
}

TEST_F(SpeakerLabelsTest, WhoGoesOnIsHeardAgain) {
  hear(Kind::started, 1, 1000);
  hear(Kind::paused, 1, 2250, 2000);
  hear(Kind::resumed, 1, 2300);
  EXPECT_TRUE(host_.held[0]->cancelled());
  hear(Kind::ended, 1, 4500, 4000);
  ASSERT_EQ(host_.held.size(), 2U);
  EXPECT_EQ(host_.held[1]->audio.size(), 48'000U);
  host_.answer(1, 0.5F);
  EXPECT_EQ(labels_->take({1}), "") << "a stranger";
}

TEST_F(SpeakerLabelsTest, NothingIsSpentWhereNobodyCouldBeKnown) {
  hear(Kind::started, 1, 1000);
  hear(Kind::ended, 1, 1800, 1400);
  EXPECT_TRUE(host_.held.empty()) << "too short";
  EXPECT_TRUE(labels_->is_ready({1}));
  known_.knows_any = false;
  hear(Kind::started, 2, 2000);
  hear(Kind::ended, 2, 4500, 4000);
  EXPECT_TRUE(host_.held.empty());
  known_.knows_any = true;
  host_.refuse = true;
  hear(Kind::started, 3, 5000);
  hear(Kind::ended, 3, 7500, 7000);
  EXPECT_TRUE(labels_->is_ready({3})) << "the host is full";
  EXPECT_EQ(labels_->take({3}), "");
}

TEST_F(SpeakerLabelsTest, OfALongUtteranceTheBeginIsEnough) {
  hear(Kind::started, 1, 1000);
  hear(Kind::ended, 1, 29'000, 28'000);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->audio.size(),
            static_cast<std::size_t>(kLabelSpeechMax.samples(kInputBufferRate)));
}

TEST_F(SpeakerLabelsTest, WhoIsForgottenIsNobody) {
  hear(Kind::started, 1, 1000);
  hear(Kind::ended, 1, 3500, 3000);
  EXPECT_FALSE(labels_->is_ready({1}));
  labels_->forget({1});
  labels_->forget({2});
  EXPECT_TRUE(host_.held[0]->cancelled());
  EXPECT_TRUE(labels_->is_ready({1}));
  EXPECT_EQ(labels_->take({1}), "");
}

TEST_F(SpeakerLabelsTest, WhatIsUnderWayIsCancelledAtTheEnd) {
  hear(Kind::started, 1, 1000);
  hear(Kind::ended, 1, 3500, 3000);
  hear(Kind::started, 2, 4000);
  hear(Kind::paused, 2, 6500, 6000);
  labels_->drop_early();
  EXPECT_FALSE(host_.held[0]->cancelled());
  EXPECT_TRUE(host_.held[1]->cancelled());
  labels_.reset();
  EXPECT_TRUE(host_.held[0]->cancelled());
}

}  // namespace
}  // namespace parley::operators
