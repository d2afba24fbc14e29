// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/streaming_asr_operator.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/asr/asr_operator.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::Transcript;
using media::TurnEvent;
using Kind = TurnEvent::Kind;
using Makes = StreamingAsrOperator::Makes;

MediaTime ms(std::int64_t value) { return MediaTime::from_ms(value); }

class HeldHost final : public model::StreamingAsrHost {
 public:
  bool submit(std::shared_ptr<model::AsrStreamCall> call) noexcept override {
    if (is_full) return false;
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::string language() const override { return {}; }
  std::vector<std::shared_ptr<model::AsrStreamCall>> held;
  bool is_full = false;
};

class StreamingAsr : public ::testing::Test {
 protected:
  explicit StreamingAsr(Makes makes = Makes::finals_too)
      : harness_(
            std::make_unique<StreamingAsrOperator>(host_, buffer_, settings_, makes, left_out_)) {
    EXPECT_TRUE(harness_.open());
    buffer_.append(ms(0), test::noise(16'000 * 40, 1));
    settings_.hints = std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = {"Parley"}});
  }
  void send(Kind kind, std::int64_t at, std::int64_t begin = 0, std::uint64_t id = 1) {
    TurnEvent event;
    event.kind = kind;
    event.utterance = {id};
    event.audio_begin = ms(begin);
    event.speech_end = ms(at);
    event.head.pts = ms(at);
    harness_.feed("events", event);
    harness_.run();
  }
  /// Windows up to `until`.
  void hear(std::int64_t until) {
    for (; heard_ < until; heard_ += 32) {
      media::SpeechEvent window;
      window.head.pts = ms(heard_);
      window.head.duration = ms(32);
      harness_.feed("speech", window);
      harness_.run();
    }
  }
  model::AsrStreamCall& asked() { return *host_.held.back(); }
  /// Of the call that was asked last, in milliseconds.
  std::size_t asked_ms() { return asked().audio.size() / 16; }
  void answer(const std::string& text, Status status = {}) {
    const std::shared_ptr<model::AsrStreamCall> call = host_.held.back();
    call->text = text;
    call->status = std::move(status);
    if (call->is_last) {
      call->words = {{text, ms(10), ms(20)}};
      call->tokens = {{text, -0.5}};
    }
    call->finish();
    harness_.run();
  }
  using Texts = std::vector<std::string>;
  Texts partials() {
    Texts all;
    for (const Transcript& one : harness_.read<Transcript>("partials")) {
      EXPECT_FALSE(one.is_final);
      all.push_back(one.text.substr(0, one.stable_bytes) + "|" + one.text.substr(one.stable_bytes));
    }
    return all;
  }
  std::vector<Transcript> finals() { return harness_.read<Transcript>("transcripts"); }

  HeldHost host_;
  InputBuffer buffer_;
  PartialSettings settings_;
  Counter left_out_;
  test::OperatorHarness harness_;
  std::int64_t heard_ = 0;
};

struct StreamingPartials : StreamingAsr {
  StreamingPartials() : StreamingAsr(Makes::partials) {}
};

TEST_F(StreamingAsr, TheModelHearsEachPartOnce) {
  hear(64);
  send(Kind::started, 64);
  EXPECT_TRUE(host_.held.empty()) << "too little";
  hear(96);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(asked_ms(), 96U);
  hear(352);
  EXPECT_EQ(host_.held.size(), 1U) << "one call at a time";
  answer("");
  ASSERT_EQ(host_.held.size(), 2U);
  EXPECT_EQ(asked_ms(), 256U) << "what came meanwhile";
  EXPECT_EQ(host_.held[0], host_.held[1]) << "what is kept of the utterance is in its call";
  EXPECT_EQ(asked().hints, settings_.hints) << "and what it may be";
  EXPECT_EQ(partials(), Texts{});
}

TEST_F(StreamingAsr, WhatIsSaidIsStableOnceAnotherWordFollows) {
  send(Kind::started, 0);
  hear(96);
  answer("the cap");
  hear(192);
  answer("the cap");
  hear(288);
  answer("the captain");
  hear(384);
  answer("the captain counted");
  EXPECT_EQ(partials(), (Texts{"|the cap", "the| cap", "the| captain", "the captain| counted"}));
}

TEST_F(StreamingAsr, TheEndBringsTheFinal) {
  send(Kind::started, 64);
  hear(96);
  answer("good");
  hear(128);
  send(Kind::paused, 128);
  send(Kind::ended, 128);
  ASSERT_EQ(host_.held.size(), 2U);
  EXPECT_TRUE(asked().is_last);
  EXPECT_EQ(asked_ms(), 32U) << "what had not been heard";
  EXPECT_TRUE(finals().empty());
  answer("good morning");
  const auto told = finals();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].is_final);
  EXPECT_EQ(told[0].text, "good morning");
  EXPECT_EQ(told[0].head.duration, ms(128));
  ASSERT_EQ(told[0].words.size(), 1U);
  ASSERT_EQ(told[0].tokens.size(), 1U);
  EXPECT_EQ(told[0].tokens[0].logprob, -0.5);
  EXPECT_EQ(partials(), (Texts{"|good"}));
}

TEST_F(StreamingAsr, AnUtteranceMayEndWhileTheModelHears) {
  send(Kind::started, 0);
  hear(96);
  send(Kind::ended, 5'096);
  send(Kind::started, 5'200, 5'100, 2);
  hear(5'300);
  EXPECT_EQ(host_.held.size(), 1U);
  answer("one");
  ASSERT_EQ(host_.held.size(), 2U);
  EXPECT_EQ(asked_ms(), 2'000U) << "not more than kStreamingPieceMax";
  EXPECT_FALSE(asked().is_last);
  answer("one two");
  answer("one two");
  EXPECT_EQ(asked_ms(), 1'000U);
  EXPECT_TRUE(asked().is_last);
  EXPECT_EQ(partials(), Texts{}) << "the final is near";
  answer("one two three");
  const auto told = finals();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text, "one two three");
  ASSERT_EQ(host_.held.size(), 5U) << "then the next one";
  EXPECT_NE(host_.held[4], host_.held[3]);
}

TEST_F(StreamingAsr, WhatIsCommittedWithoutABeginningIsHeardToo) {
  send(Kind::ended, 640);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(asked_ms(), 640U);
  EXPECT_TRUE(asked().is_last);
}

TEST_F(StreamingAsr, AfterAnErrorTheUtteranceHasATranscriptThatIsNotWhole) {
  send(Kind::started, 0);
  hear(96);
  answer("half");
  hear(192);
  answer("", Error{ErrorCode::internal, "broken"});
  hear(960);
  EXPECT_EQ(host_.held.size(), 2U) << "nothing more is heard of it";
  EXPECT_TRUE(finals().empty()) << "nobody has ended it";
  send(Kind::ended, 960);
  const auto told = finals();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_FALSE(told[0].is_final);
  EXPECT_EQ(told[0].text, "half");
  EXPECT_EQ(harness_.errors().size(), 1U);
  send(Kind::started, 1'000, 960, 2);
  hear(1'200);
  EXPECT_EQ(host_.held.size(), 3U) << "the next one is heard";
}

TEST_F(StreamingAsr, WhatIsThrownAwayIsCancelled) {
  send(Kind::started, 0);
  hear(96);
  send(Kind::cleared, 96);
  EXPECT_TRUE(asked().cancelled());
  answer("gone");
  EXPECT_EQ(partials(), Texts{});
  EXPECT_TRUE(finals().empty());
}

TEST_F(StreamingAsr, AFullQueueIsAskedAgain) {
  host_.is_full = true;
  send(Kind::started, 0);
  hear(192);
  EXPECT_TRUE(host_.held.empty());
  host_.is_full = false;
  harness_.advance(std::chrono::milliseconds(20));
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(asked_ms(), 192U) << "nothing is lost";
}

TEST_F(StreamingAsr, TheOldestOfTooManyIsRefused) {
  send(Kind::ended, 100);  // the model has this one
  for (std::uint64_t id = 2; id <= kUtterancesWaitingMax + 2; ++id) send(Kind::ended, 100, 0, id);
  answer("first");
  const auto told = finals();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].is_final);
  EXPECT_FALSE(told[1].is_final);
  EXPECT_EQ(harness_.errors().size(), 1U);
}

TEST_F(StreamingAsr, WithoutPartialsThereAreFinals) {
  settings_.interval = Millis::zero();
  send(Kind::started, 0);
  hear(96);
  answer("one");
  send(Kind::ended, 96);
  answer("one");
  EXPECT_EQ(partials(), Texts{});
  EXPECT_EQ(finals().size(), 1U);
}

TEST_F(StreamingPartials, AnotherModelMakesTheFinals) {
  send(Kind::started, 0);
  hear(96);
  answer("one");
  hear(192);
  send(Kind::ended, 192);
  EXPECT_TRUE(asked().cancelled());
  EXPECT_EQ(partials(), (Texts{"|one"}));
  EXPECT_TRUE(finals().empty());
  send(Kind::started, 300, 200, 2);
  hear(400);
  EXPECT_EQ(host_.held.size(), 3U);
}

TEST_F(StreamingPartials, OneThatIsFarBehindIsGivenUp) {
  send(Kind::started, 0);
  hear(96);
  hear(96 + 32 + kStreamingBehindMax.ms());
  answer("one");
  EXPECT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(left_out_.value(), 1U);
  hear(heard_ + 960);
  EXPECT_EQ(host_.held.size(), 1U);
  send(Kind::ended, heard_);
  send(Kind::started, heard_, heard_, 2);
  hear(heard_ + 96);
  EXPECT_EQ(host_.held.size(), 2U);
}

TEST_F(StreamingPartials, NobodyWantsThemNothingIsSpent) {
  settings_.interval = Millis::zero();
  send(Kind::started, 0);
  hear(960);
  EXPECT_TRUE(host_.held.empty());
}

}  // namespace
}  // namespace parley::operators
