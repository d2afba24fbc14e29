// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/translate_operator.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::Transcript;
using model::LlmCall;
using testing::ElementsAre;
using testing::HasSubstr;

class HeldHost final : public model::LlmHost {
 public:
  bool submit(std::shared_ptr<LlmCall> call) override {
    if (is_full) return false;
    held.push_back(std::move(call));
    return true;
  }
  void prepare(model::LlmPrompt /*prompt*/) override {}
  void forget(std::uint64_t /*session*/) noexcept override {}
  [[nodiscard]] std::string name() const override { return "held"; }
  bool is_full = false;
  std::vector<std::shared_ptr<LlmCall>> held;
};

class TranslateOperatorTest : public ::testing::Test {
 protected:
  void open(TranslateOperator::Options options) {
    harness = std::make_unique<test::OperatorHarness>(
        std::make_unique<TranslateOperator>(host, std::move(options)));
    ASSERT_TRUE(harness->open());
  }
  void hear(const std::string& text, std::string language = "es", bool is_final = true) {
    Transcript heard;
    heard.utterance = {++utterances};
    heard.head.pts = MediaTime::from_ms(1'000 * static_cast<std::int64_t>(utterances));
    heard.head.duration = MediaTime::from_ms(700);
    heard.text = text;
    heard.language = std::move(language);
    heard.is_final = is_final;
    harness->feed("transcripts", heard);
    harness->run();
  }
  void answer(std::size_t index, const std::vector<std::string>& pieces) {
    LlmCall& call = *host.held.at(index);
    for (const std::string& piece : pieces) ASSERT_TRUE(call.deltas.try_push({.text = piece}));
    call.finish();
    harness->run();
  }
  std::vector<Transcript> translations() { return harness->read<Transcript>("translations"); }

  HeldHost host;
  std::unique_ptr<test::OperatorHarness> harness;
  std::uint64_t utterances = 0;
};

TEST_F(TranslateOperatorTest, SaysEachUtteranceInTheOtherLanguage) {
  open({.to = "en", .instructions = "Parley is a name."});
  hear("Hola a todos.");
  ASSERT_EQ(host.held.size(), 1U);
  const auto& messages = host.held[0]->prompt.messages;
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].text,
            "You are an interpreter. Translate what the user says from Spanish into English. "
            "Answer with the translation and nothing else. Parley is a name.");
  EXPECT_EQ(messages[1].text, "Hola a todos.");
  EXPECT_EQ(host.held[0]->temperature, 0.0F);

  answer(0, {" Hello", " everybody.\n"});
  const std::vector<Transcript> all = translations();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].text, "Hello everybody.");
  EXPECT_EQ(all[0].language, "en");
  EXPECT_TRUE(all[0].is_final);
  EXPECT_EQ(all[0].utterance.value, 1U);
  EXPECT_EQ(all[0].head.pts, MediaTime::from_ms(1'000));
  EXPECT_EQ(all[0].head.duration, MediaTime::from_ms(700));
}

TEST_F(TranslateOperatorTest, DropsWhatSaysNothingAndPassesWhatIsInTheLanguageAlready) {
  open({.to = "en"});
  hear("Ho", "es", false);
  hear("");
  hear("Good morning.", "en");
  EXPECT_TRUE(host.held.empty());
  const std::vector<Transcript> all = translations();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].text, "Good morning.");
}

TEST_F(TranslateOperatorTest, KeepsTheOrderAndOneInTheModel) {
  open({.to = "fr", .from = "de"});
  hear("eins");
  hear("zwei");
  ASSERT_EQ(host.held.size(), 1U);
  EXPECT_THAT(host.held[0]->prompt.messages[0].text, HasSubstr("from German into French"));
  answer(0, {"un"});
  ASSERT_EQ(host.held.size(), 2U);
  answer(1, {"deux"});
  std::vector<std::string> texts;
  for (const Transcript& one : translations()) texts.push_back(one.text);
  EXPECT_THAT(texts, ElementsAre("un", "deux"));
}

TEST_F(TranslateOperatorTest, TheOldestThatWaitsIsAnsweredWithAnErrorWhenTooManyDo) {
  open({});
  for (std::size_t i = 0; i < kTranslationsWaitingMax + 2; ++i) hear("uno");
  EXPECT_TRUE(translations().empty());  // the first is in the model, and goes first
  answer(0, {"one"});
  const std::vector<Transcript> all = translations();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].is_final);
  EXPECT_FALSE(all[1].is_final);
  EXPECT_EQ(all[1].utterance.value, 2U);
  const auto errors = harness->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.message, "translation is behind by more than 8 utterances");
}

TEST_F(TranslateOperatorTest, AFailureIsToldAndTheNextOneGoesOn) {
  open({});
  hear("uno");
  host.held[0]->status = Error{ErrorCode::unavailable, "no answer"};
  answer(0, {"on"});
  hear("dos");
  host.held[1]->finish_reason = LlmCall::Finish::length;
  answer(1, {"two"});
  const std::vector<Transcript> all = translations();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_FALSE(all[0].is_final);
  EXPECT_EQ(all[0].text, "on");
  EXPECT_FALSE(all[1].is_final);
  const auto errors = harness->errors();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].error.message, "a translation: no answer");
  EXPECT_THAT(errors[1].error.message, HasSubstr("longer than output_tokens_max, 512"));
}

TEST_F(TranslateOperatorTest, AFullModelIsAskedAgain) {
  open({});
  host.is_full = true;
  hear("uno");
  host.is_full = false;
  harness->advance(Millis(100));
  EXPECT_EQ(host.held.size(), 1U);
}

TEST_F(TranslateOperatorTest, WhatRunsWhenItClosesIsCancelled) {
  open({});
  hear("uno");
  harness->close();
  EXPECT_TRUE(host.held[0]->cancelled());
}

}  // namespace
}  // namespace parley::operators
