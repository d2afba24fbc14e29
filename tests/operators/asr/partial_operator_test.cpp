// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/partial_operator.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "media/copy_count.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::Transcript;
using media::TurnEvent;
using Kind = TurnEvent::Kind;

MediaTime ms(std::int64_t value) { return MediaTime::from_ms(value); }

class HeldHost final : public model::AsrHost {
 public:
  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 30U * 16'000U; }
  [[nodiscard]] Millis optional_interval(Millis wanted) const noexcept override {
    return takes_optional ? std::max(wanted, interval_min) : Millis::zero();
  }
  bool takes_optional = true;
  Millis interval_min{0};
  std::vector<std::shared_ptr<model::AsrCall>> held;
};

class PartialOperatorTest : public ::testing::Test {
 protected:
  PartialOperatorTest()
      : harness_(std::make_unique<PartialOperator>(host_, buffer_, settings_, left_out_)) {
    EXPECT_TRUE(harness_.open());
    buffer_.append(ms(0), test::noise(16'000 * 20, 1));
  }
  void send(Kind kind, std::int64_t at, std::int64_t begin = 0) {
    TurnEvent event;
    event.kind = kind;
    event.utterance = {1};
    event.audio_begin = ms(begin);
    event.head.pts = ms(at);
    harness_.feed("events", event);
    harness_.run();
  }
  /// Windows up to `until`.
  void hear(std::int64_t until, bool is_speech = true) {
    for (; heard_ < until; heard_ += 32) {
      media::SpeechEvent window;
      window.is_speech = is_speech;
      window.head.pts = ms(heard_);
      window.head.duration = ms(32);
      harness_.feed("speech", window);
      harness_.run();
    }
  }
  void answer(const std::string& text, const std::vector<media::WordTime>& words = {},
              Status status = {}) {
    const std::shared_ptr<model::AsrCall> call = host_.held.back();
    call->text = text;
    call->words = words;
    call->status = std::move(status);
    call->finish();
    harness_.run();
  }
  std::vector<std::string> partials() {
    std::vector<std::string> all;
    for (const Transcript& one : harness_.read<Transcript>("partials")) {
      EXPECT_FALSE(one.is_final);
      all.push_back(one.text.substr(0, one.stable_bytes) + "|" + one.text.substr(one.stable_bytes));
    }
    return all;
  }

  using Texts = std::vector<std::string>;
  HeldHost host_;
  InputBuffer buffer_;
  PartialSettings settings_;
  Counter left_out_;
  test::OperatorHarness harness_;
  std::int64_t heard_ = 0;
};

TEST_F(PartialOperatorTest, TellsWhatIsUnderstoodSoFarAndWhatOfItStays) {
  hear(96);
  send(Kind::started, 96, 0);
  hear(320);
  EXPECT_TRUE(host_.held.empty()) << "too soon";
  hear(352);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_TRUE(host_.held[0]->is_optional);
  EXPECT_EQ(host_.held[0]->audio.size(), 352U * 16U);
  answer("Good");
  EXPECT_EQ(partials(), (Texts{"|Good"}));
  hear(608);
  answer("Good morning");
  hear(864);
  answer("Good morning to");
  EXPECT_EQ(partials(), (Texts{"Good| morning", "Good morning| to"}));
}

TEST_F(PartialOperatorTest, CopiesWhatTheModelIsToHearAndNothingElse) {
  const std::uint64_t before = media::copied_bytes();
  hear(96);
  send(Kind::started, 96, 0);
  hear(352);
  ASSERT_EQ(host_.held.size(), 1U);
  answer("Good");
  EXPECT_EQ(media::copied_bytes() - before, 352U * 16U * sizeof(float));
}

TEST_F(PartialOperatorTest, WhenTheModelIsSlowPartialsThinOut) {
  send(Kind::started, 0);
  hear(256);
  ASSERT_EQ(host_.held.size(), 1U);
  hear(1024);
  EXPECT_EQ(host_.held.size(), 1U) << "one at a time";
  EXPECT_EQ(left_out_.value(), 3U);
  answer("Late");
  ASSERT_EQ(host_.held.size(), 2U) << "one is owed";
  EXPECT_EQ(host_.held[1]->audio.size(), 1024U * 16U) << "of all that was said meanwhile";
  EXPECT_EQ(partials(), (Texts{"|Late"}));
  answer("Late but");
  hear(1248);
  EXPECT_EQ(host_.held.size(), 2U) << "and then the usual time passes";
  hear(1280);
  EXPECT_EQ(host_.held.size(), 3U);
}

TEST_F(PartialOperatorTest, TheModelIsGivenWhatItSaidOfTheSameUtterance) {
  send(Kind::started, 0);
  hear(256);
  EXPECT_TRUE(host_.held[0]->hypothesis.empty());
  host_.held[0]->hypothesis = {4, 5};
  answer("Good");
  hear(512);
  EXPECT_EQ(host_.held.at(1)->hypothesis, (std::vector<std::int64_t>{4, 5}));
  host_.held[1]->hypothesis = {4, 6};
  answer("Good morning");
  send(Kind::ended, 512);
  send(Kind::started, 512, 512);
  hear(768);
  EXPECT_TRUE(host_.held.at(2)->hypothesis.empty()) << "of another utterance";
}

TEST_F(PartialOperatorTest, NothingFollowsTheEndOfAnUtterance) {
  send(Kind::started, 0);
  hear(256);
  send(Kind::ended, 256);
  EXPECT_TRUE(host_.held[0]->cancelled());
  answer("Too late");
  hear(1024);
  EXPECT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(partials(), Texts{});
}

TEST_F(PartialOperatorTest, AfterAPauseTheFinalIsBeingMadeAlready) {
  send(Kind::started, 0);
  send(Kind::paused, 0);
  hear(512);
  EXPECT_TRUE(host_.held.empty());
  send(Kind::resumed, 512);
  hear(544);
  EXPECT_EQ(host_.held.size(), 1U);
}

TEST_F(PartialOperatorTest, OneThatFailsIsLeftOut) {
  send(Kind::started, 0);
  hear(256);
  answer("", {}, Error{ErrorCode::internal, "no"});
  EXPECT_EQ(partials(), Texts{});
  EXPECT_EQ(left_out_.value(), 1U);
}

TEST_F(PartialOperatorTest, WhatIsStableOfALongUtteranceIsHeardNoMore) {
  send(Kind::started, 0);
  hear(10'016);
  ASSERT_EQ(host_.held.size(), 1U);
  answer("One two three", {});
  hear(10'272);
  answer("One two three four", {{"One", ms(100), ms(300)},
                                {"two", ms(900), ms(1200)},
                                {"three", ms(4000), ms(5000)},
                                {"four", ms(9000), ms(9900)}});
  hear(10'528);
  EXPECT_EQ(host_.held.back()->audio.size(), (10'272U - 5000U) * 16U);
  answer("four five");
  hear(10'784);
  answer("four five six");
  EXPECT_EQ(partials(), (Texts{"|One two three", "One two three| four", "One two three| four five",
                               "One two three four five| six"}));
}

TEST_F(PartialOperatorTest, SilenceInAnUtteranceThatGoesOnIsNotHeard) {
  send(Kind::started, 0);
  hear(256);
  answer("Good");
  hear(512);
  answer("Good morning.");
  hear(5120, false);
  const std::size_t asked = host_.held.size();
  EXPECT_LE(asked, 5U) << "two of the silence, and no more";
  answer("Good morning.");
  EXPECT_EQ(partials().back(), "Good morning|") << "what was said stays";
  hear(10'240, false);
  EXPECT_EQ(host_.held.size(), asked);
  EXPECT_EQ(partials(), Texts{});
  hear(10'272);
  ASSERT_EQ(host_.held.size(), asked + 1);
  EXPECT_LE(host_.held.back()->audio.size(), 400U * 16U) << "a little of the silence, and the word";
  answer("How");
  hear(10'528);
  answer("How are");
  EXPECT_EQ(partials(), (Texts{"Good morning| How", "Good morning How| are"}));
}

TEST_F(PartialOperatorTest, AHostMayWantThemRarerOrNotAtAll) {
  host_.interval_min = Millis(1000);
  send(Kind::started, 0);
  hear(992);
  EXPECT_TRUE(host_.held.empty());
  hear(1056);
  EXPECT_EQ(host_.held.size(), 1U);
  send(Kind::ended, 1056);
  host_.takes_optional = false;
  send(Kind::started, 1056, 1056);
  hear(5000);
  EXPECT_EQ(host_.held.size(), 1U);
}

TEST_F(PartialOperatorTest, WithoutAnIntervalThereAreNone) {
  settings_.interval = Millis(0);
  send(Kind::started, 0);
  hear(2000);
  EXPECT_TRUE(host_.held.empty());
}

}  // namespace
}  // namespace parley::operators
