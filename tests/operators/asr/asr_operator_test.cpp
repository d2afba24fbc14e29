// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/asr_operator.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

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
    if (refuse) return false;
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 16'000; }
  [[nodiscard]] bool takes_early_calls() const noexcept override { return is_early; }
  void answer(std::string text, Status status = {}) {
    const std::shared_ptr<model::AsrCall> call = held.front();
    held.erase(held.begin());
    call->text = std::move(text);
    call->status = std::move(status);
    call->finish();
  }
  bool refuse = false;
  bool is_early = true;
  std::vector<std::shared_ptr<model::AsrCall>> held;
};

class AsrOperatorTest : public ::testing::Test {
 protected:
  AsrOperatorTest()
      : harness_(
            std::make_unique<AsrOperator>(host_, buffer_, language_, AsrOrder{.hints = &hints_})) {
    EXPECT_TRUE(harness_.open());
    buffer_.append(ms(0), test::noise(16'000 * 10, 1));
  }
  void send(Kind kind, std::uint64_t utterance, std::int64_t begin, std::int64_t speech_end,
            std::int64_t at) {
    TurnEvent event;
    event.kind = kind;
    event.utterance = {utterance};
    event.audio_begin = ms(begin);
    event.speech_end = ms(speech_end);
    event.head.pts = ms(at);
    harness_.feed("events", event);
    harness_.run();
  }
  void answer(std::string text) {
    host_.answer(std::move(text));
    harness_.run();
  }
  std::vector<Transcript> transcripts() { return harness_.read<Transcript>("transcripts"); }

  HeldHost host_;
  InputBuffer buffer_;
  std::string language_;
  model::AsrHintsRef hints_;
  test::OperatorHarness harness_;
};

TEST_F(AsrOperatorTest, RecognisesAnUtteranceWithoutItsLongSilence) {
  send(Kind::ended, 1, 100, 600, 1100);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->audio.size(), 700U * 16U);  // to 200 ms after the speech
  answer("hello");
  const std::vector<Transcript> seen = transcripts();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].text, "hello");
  EXPECT_TRUE(seen[0].is_final);
  EXPECT_EQ(seen[0].head.duration.ms(), 1000);
}

TEST_F(AsrOperatorTest, AsksForTheSessionsLanguageAndTellsTheOneThatWasFound) {
  language_ = "de";
  send(Kind::ended, 1, 0, 2500, 2500);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->language, "de");
  host_.held[0]->detected_language = "fr";
  answer("un");
  while (!host_.held.empty()) answer("deux");
  EXPECT_EQ(transcripts().at(0).language, "fr");
}

TEST_F(AsrOperatorTest, HasTheTextReadyWhenAPauseWasTheEnd) {
  send(Kind::paused, 1, 0, 500, 750);
  ASSERT_EQ(host_.held.size(), 1U);
  answer("early");
  EXPECT_TRUE(transcripts().empty()) << "not before the decision";
  send(Kind::ended, 1, 0, 500, 1000);
  EXPECT_TRUE(host_.held.empty()) << "nothing is recognised twice";
  EXPECT_EQ(transcripts().at(0).text, "early");
}

TEST_F(AsrOperatorTest, WhatFailedEarlyIsTriedAnewWhenTheUtteranceEnds) {
  send(Kind::paused, 1, 0, 500, 750);
  host_.answer("", Error{ErrorCode::unavailable, "lost"});
  harness_.run();
  EXPECT_TRUE(transcripts().empty()) << "nobody has asked yet";
  EXPECT_TRUE(harness_.errors().empty());
  send(Kind::ended, 1, 0, 500, 1000);
  ASSERT_EQ(host_.held.size(), 1U);
  answer("late");
  EXPECT_EQ(transcripts().at(0).text, "late");
}

TEST_F(AsrOperatorTest, BeginsAtTheEndWhereEarlyCallsAreNotTaken) {
  host_.is_early = false;
  send(Kind::paused, 1, 0, 500, 750);
  EXPECT_TRUE(host_.held.empty());
  send(Kind::ended, 1, 0, 500, 1000);
  EXPECT_EQ(host_.held.size(), 1U);
}

TEST_F(AsrOperatorTest, TellsTheHintsThatTheSessionHasNow) {
  send(Kind::ended, 1, 0, 500, 1000);
  EXPECT_EQ(host_.held.at(0)->hints, nullptr);
  answer("one");
  hints_ = std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = {"Parley"}});
  send(Kind::ended, 2, 1000, 1500, 2000);
  EXPECT_EQ(host_.held.at(0)->hints, hints_);
}

TEST_F(AsrOperatorTest, ThrowsEarlyWorkAwayWhenSpeechResumes) {
  send(Kind::paused, 1, 0, 300, 550);
  const std::shared_ptr<model::AsrCall> early = host_.held.at(0);
  send(Kind::resumed, 1, 0, 580, 580);
  EXPECT_TRUE(early->cancelled());
  host_.held.clear();
  send(Kind::ended, 1, 0, 700, 1200);
  answer("all of it");
  EXPECT_EQ(transcripts().at(0).text, "all of it");
}

TEST_F(AsrOperatorTest, CutsWhatIsLongerThanTheModelBears) {
  send(Kind::ended, 1, 0, 2500, 2500);
  std::size_t samples = 0;
  for (const char* text : {"one", "two", "three", "four"}) {
    if (host_.held.empty()) break;
    EXPECT_LE(host_.held[0]->audio.size(), host_.samples_max());
    samples += host_.held[0]->audio.size();
    answer(text);
  }
  EXPECT_EQ(samples, 2500U * 16U);
  EXPECT_EQ(transcripts().at(0).text.substr(0, 13), "one two three");
}

TEST_F(AsrOperatorTest, KeepsTheOrderOfUtterances) {
  send(Kind::ended, 1, 0, 300, 800);
  send(Kind::ended, 2, 800, 1300, 1800);
  answer("first");
  answer("second");
  const std::vector<Transcript> seen = transcripts();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].text, "first");
  EXPECT_EQ(seen[1].utterance.value, 2U);
}

TEST_F(AsrOperatorTest, HasSeveralUtterancesInTheModelWhereItMay) {
  test::OperatorHarness harness(
      std::make_unique<AsrOperator>(host_, buffer_, language_, AsrOrder{.calls_max = 2}));
  ASSERT_TRUE(harness.open());
  for (std::uint64_t utterance = 1; utterance <= 3; ++utterance) {
    TurnEvent event;
    event.kind = Kind::ended;
    event.utterance = {utterance};
    event.audio_begin = ms(static_cast<std::int64_t>(utterance) * 1000);
    event.speech_end = event.head.pts = event.audio_begin + ms(500);
    harness.feed("events", event);
  }
  harness.run();
  ASSERT_EQ(host_.held.size(), 2U);
  std::swap(host_.held[0], host_.held[1]);  // the second is done first
  host_.answer("two");
  harness.run();
  EXPECT_TRUE(harness.read<Transcript>("transcripts").empty());
  host_.answer("one");
  harness.run();
  const std::vector<Transcript> seen = harness.read<Transcript>("transcripts");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].text, "one");
  EXPECT_EQ(seen[1].text, "two");
  ASSERT_EQ(host_.held.size(), 1U);
  host_.answer("three");
  harness.run();
  EXPECT_EQ(harness.read<Transcript>("transcripts").at(0).text, "three");
}

TEST_F(AsrOperatorTest, AFailureIsReportedAndStillAnswered) {
  send(Kind::ended, 1, 0, 300, 800);
  host_.answer("", Error{ErrorCode::internal, "the model broke"});
  harness_.run();
  const std::vector<media::ErrorEvent> errors = harness_.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].error.message.find("utterance 1"), std::string::npos);
  EXPECT_EQ(transcripts().at(0).text, "");
  send(Kind::ended, 2, 800, 1300, 1800);
  answer("again");
  EXPECT_EQ(transcripts().at(0).text, "again");
}

TEST_F(AsrOperatorTest, TriesAgainWhenTheQueueWasFull) {
  host_.refuse = true;
  send(Kind::ended, 1, 0, 300, 800);
  host_.refuse = false;
  harness_.advance(Millis(20));
  EXPECT_EQ(host_.held.size(), 1U);
}

TEST_F(AsrOperatorTest, AnEmptyUtteranceHasAnEmptyTranscript) {
  send(Kind::ended, 1, 20'000, 20'100, 20'600);
  EXPECT_EQ(transcripts().at(0).text, "");
}

}  // namespace
}  // namespace parley::operators
