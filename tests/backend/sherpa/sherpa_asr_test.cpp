// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_asr.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/backend/sherpa/tiny_voice.h"
#include "tests/backend/sherpa/tones.h"

namespace parley::backend {
namespace {

struct SherpaAsrTest : NeedsTinyModels {
  static Result<std::unique_ptr<SherpaAsr>> open(const std::string& name) {
    auto model = SherpaModel::load(tiny_recognizers() + "/" + name);
    if (!model) return model.error();
    return SherpaAsr::load(sherpa_library(), std::move(*model));
  }
};

TEST_F(SherpaAsrTest, SenseVoiceTellsWordsLanguageEmotionAndEvent) {
  const auto model = open("sense-voice");
  ASSERT_TRUE(model) << model.error().message;
  model::AsrCall call;
  call.audio = spoken({kOne, kTwo, kThree});
  (*model)->transcribe(call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  EXPECT_EQ(call.text, "one two three");
  EXPECT_EQ(call.detected_language, "en");
  EXPECT_EQ(call.emotion, "HAPPY");
  EXPECT_EQ(call.event, "Speech");
  EXPECT_TRUE(call.tokens.empty()) << "it does not tell how sure it is";
  ASSERT_EQ(call.words.size(), 3U);
  EXPECT_EQ(call.words[1].text, "two");
  EXPECT_NEAR(static_cast<double>(call.words[1].begin.ms()), 1000.0, 60.0);
  EXPECT_GT(call.words[1].end, call.words[1].begin);
  EXPECT_LE(call.words[1].end, call.words[2].begin);
}

TEST_F(SherpaAsrTest, ALanguageThatIsNamedIsTheOneThatIsHeard) {
  const auto model = open("sense-voice-zh");
  ASSERT_TRUE(model) << model.error().message;
  model::AsrCall call;
  call.audio = spoken({kTwo});
  (*model)->transcribe(call);
  EXPECT_EQ(call.text, "two");
  EXPECT_EQ(call.detected_language, "zh");
}

TEST_F(SherpaAsrTest, ATransducerTellsHowSureItIs) {
  const auto model = open("transducer");
  ASSERT_TRUE(model) << model.error().message;
  model::AsrCall call;
  call.audio = spoken({kThree, kOne});
  (*model)->transcribe(call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  EXPECT_EQ(call.text, "three one");
  EXPECT_EQ(call.emotion, "");
  ASSERT_EQ(call.tokens.size(), 2U);
  EXPECT_EQ(call.tokens[1].text, " one");
  EXPECT_LT(call.tokens[1].logprob, 0.0);
  EXPECT_GT(call.tokens[1].logprob, -1.0);
}

TEST_F(SherpaAsrTest, HotWordsAreHeardWhereItIsInDoubt) {
  const auto model = open("hot-words");
  ASSERT_TRUE(model) << model.error().message;
  const auto heard = [&](std::vector<std::string> words) {
    model::AsrCall call;
    call.hints = std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = std::move(words)});
    call.audio = in_doubt();
    (*model)->transcribe(call);
    EXPECT_TRUE(call.status) << call.status.error().message;
    return call.text;
  };
  EXPECT_EQ(heard({}), "\u4E09");
  EXPECT_EQ(heard({"\u4E8C"}), "\u4E8C");
  EXPECT_EQ(heard({"two", "\u56DB", "\xFF"}), "\u4E09") << "it has no tokens for them";
}

TEST_F(SherpaAsrTest, SilenceAndNextToNothingHaveNoWords) {
  const auto model = open("sense-voice");
  ASSERT_TRUE(model) << model.error().message;
  for (const std::size_t samples : {0U, 1U, 160U, 32'000U}) {
    model::AsrCall call;
    call.text = "old";
    call.audio.resize(samples);
    (*model)->transcribe(call);
    EXPECT_TRUE(call.status) << samples;
    EXPECT_EQ(call.text, "") << samples;
  }
}

TEST_F(SherpaAsrTest, WhatIsTooLongOrCancelledIsAnError) {
  const auto model = open("sense-voice");
  ASSERT_TRUE(model) << model.error().message;
  model::AsrCall longer;
  longer.audio.resize(SherpaAsr::kSamplesMax + 1);
  (*model)->transcribe(longer);
  EXPECT_EQ(longer.status.error().code, ErrorCode::invalid_argument);
  model::AsrCall cancelled;
  cancelled.audio = spoken({kOne});
  cancelled.cancel();
  (*model)->transcribe(cancelled);
  EXPECT_EQ(cancelled.status.error().code, ErrorCode::cancelled);
  EXPECT_EQ(cancelled.text, "");
}

TEST_F(SherpaAsrTest, SeveralThreadsHearAtOnce) {
  const auto model = open("sense-voice");
  ASSERT_TRUE(model) << model.error().message;
  constexpr int kRounds = 10;
  const std::vector<std::pair<double, std::string>> orders{
      {kOne, "one"}, {kTwo, "two"}, {kThree, "three"}};
  std::vector<int> right(orders.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        model::AsrCall call;
        call.audio = spoken({orders[i].first});
        (*model)->transcribe(call);
        right[i] += call.text == orders[i].second ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(orders.size(), kRounds));
}

TEST_F(SherpaAsrTest, AFileThatOnnxRuntimeDoesNotReadIsAnError) {
  const auto model = open("truncated");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::data_corrupt);
  EXPECT_NE(model.error().message.find("truncated"), std::string::npos) << model.error().message;
}

}  // namespace
}  // namespace parley::backend
