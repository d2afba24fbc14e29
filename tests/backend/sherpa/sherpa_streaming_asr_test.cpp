// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_streaming_asr.h"

#include <array>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/backend/sherpa/tiny_voice.h"
#include "tests/backend/sherpa/tones.h"

namespace parley::backend {
namespace {

constexpr std::size_t kPiece = 1'600;

Result<std::unique_ptr<SherpaStreamingAsr>> open(const std::string& name) {
  auto model = SherpaModel::load(tiny_recognizers() + "/" + name);
  if (!model) return model.error();
  return SherpaStreamingAsr::load(sherpa_library(), std::move(*model));
}

/// One piece of an utterance.
void say(SherpaStreamingAsr& model, model::AsrStreamCall& call, std::span<const float> audio,
         bool is_last) {
  call.audio.assign(audio.begin(), audio.end());
  call.is_last = is_last;
  const std::array<model::AsrStreamCall*, 1> alone{&call};
  model.hear(alone);
  EXPECT_TRUE(call.status) << call.status.error().message;
}

/// What is told of an utterance piece by piece, each text once.
std::vector<std::string> texts(SherpaStreamingAsr& model, model::AsrStreamCall& call,
                               const std::vector<float>& audio) {
  std::vector<std::string> told;
  for (std::size_t at = 0; at < audio.size(); at += kPiece) {
    const std::size_t size = std::min(kPiece, audio.size() - at);
    say(model, call, std::span(audio).subspan(at, size), at + size == audio.size());
    if (told.empty() || told.back() != call.text) told.push_back(call.text);
  }
  return told;
}

struct SherpaStreamingAsrTest : NeedsTinyModels, ::testing::WithParamInterface<const char*> {};

TEST_P(SherpaStreamingAsrTest, TellsWordsAsTheyAreSaid) {
  const auto model = open(GetParam());
  ASSERT_TRUE(model) << model.error().message;
  model::AsrStreamCall call;
  const auto told = texts(**model, call, spoken({kOne, kTwo, kThree}));
  EXPECT_EQ(told, (std::vector<std::string>{"", "one", "one two", "one two three"}));
  EXPECT_EQ(call.memory, nullptr) << "the next call is about another utterance";
  ASSERT_EQ(call.words.size(), 3U);
  EXPECT_EQ(call.words[2].text, "three");
  EXPECT_NEAR(static_cast<double>(call.words[2].begin.ms()), 1700.0, 60.0);
}

TEST_P(SherpaStreamingAsrTest, TheEndOfAnUtteranceBringsItsLastWord) {
  const auto model = open(GetParam());
  ASSERT_TRUE(model) << model.error().message;
  model::AsrStreamCall call;
  std::vector<float> audio;
  add_silence(audio, 0.2);
  add_tone(audio, kTwo, 0.2);
  say(**model, call, audio, false);
  EXPECT_EQ(call.text, "") << "no whole chunk";
  say(**model, call, {}, true);
  EXPECT_EQ(call.text, "two");
}

TEST_P(SherpaStreamingAsrTest, UtterancesOfABatchKeepApart) {
  const auto model = open(GetParam());
  ASSERT_TRUE(model) << model.error().message;
  const std::array audio{spoken({kOne, kTwo}), spoken({kThree, kOne}), spoken({kTwo, kThree})};
  std::array<model::AsrStreamCall, 3> calls;
  const std::array<model::AsrStreamCall*, 3> batch{calls.data(), &calls[1], &calls[2]};
  for (std::size_t at = 0; at < audio[0].size(); at += kPiece) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const std::size_t size = std::min(kPiece, audio[i].size() - at);
      calls[i].audio.assign(&audio[i][at], &audio[i][at] + size);
      calls[i].is_last = at + size == audio[i].size();
    }
    (*model)->hear(batch);
  }
  EXPECT_EQ(calls[0].text, "one two");
  EXPECT_EQ(calls[1].text, "three one");
  EXPECT_EQ(calls[2].text, "two three");
}

TEST_P(SherpaStreamingAsrTest, SeveralThreadsHearAtOnce) {
  const auto model = open(GetParam());
  ASSERT_TRUE(model) << model.error().message;
  constexpr int kRounds = 5;
  const std::vector<std::pair<std::vector<double>, std::string>> orders{
      {{kOne, kTwo}, "one two"},
      {{kThree, kOne}, "three one"},
      {{kTwo, kThree}, "two three"},
      {{kOne, kThree}, "one three"}};
  std::vector<int> right(orders.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        model::AsrStreamCall call;
        texts(**model, call, spoken(orders[i].first));
        right[i] += call.text == orders[i].second ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(orders.size(), kRounds));
}

INSTANTIATE_TEST_SUITE_P(Families, SherpaStreamingAsrTest,
                         ::testing::Values("streaming-transducer", "streaming-ctc"));

struct SherpaStreaming : NeedsTinyModels {};

model::AsrHintsRef hints(std::vector<std::string> words) {
  return std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = std::move(words)});
}

TEST_F(SherpaStreaming, HotWordsAreHeardWhereItIsInDoubt) {
  const auto model = open("streaming-hot-words");
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<float> audio = in_doubt();
  const auto heard = [&](model::AsrHintsRef known) {
    model::AsrStreamCall call;
    call.hints = std::move(known);
    say(**model, call, audio, true);
    return call.text;
  };
  EXPECT_EQ(heard(nullptr), "three");
  EXPECT_EQ(heard(hints({"Two"})), "two");
  EXPECT_EQ(heard(hints({"one"})), "three") << "only in doubt";
  EXPECT_EQ(heard(hints({":x", "no#5", "\xFF", "@", std::string(256, '/'), "7/:y"})), "three")
      << "what it cannot write harms nothing";
}

TEST_F(SherpaStreaming, HotWordsOfOneUtteranceAreNotThoseOfAnother) {
  const auto model = open("streaming-hot-words");
  ASSERT_TRUE(model) << model.error().message;
  std::array<model::AsrStreamCall, 2> calls;
  calls[0].hints = hints({"two"});
  const std::array<model::AsrStreamCall*, 2> batch{calls.data(), &calls[1]};
  for (model::AsrStreamCall& call : calls) {
    call.audio = in_doubt();
    call.is_last = true;
  }
  (*model)->hear(batch);
  EXPECT_EQ(calls[0].text, "two");
  EXPECT_EQ(calls[1].text, "three");
}

TEST_F(SherpaStreaming, HotWordsOfTheConfigurationAreForAll) {
  auto described = SherpaModel::load(tiny_recognizers() + "/streaming-hot-words");
  ASSERT_TRUE(described) << described.error().message;
  const auto model = SherpaStreamingAsr::load(sherpa_library(), std::move(*described), {"TWO"});
  ASSERT_TRUE(model) << model.error().message;
  model::AsrStreamCall call;
  say(**model, call, in_doubt(), true);
  EXPECT_EQ(call.text, "two");
}

TEST_F(SherpaStreaming, ATransducerTellsHowSureItIs) {
  for (const char* name : {"streaming-transducer", "streaming-hot-words"}) {
    const auto model = open(name);
    ASSERT_TRUE(model) << model.error().message;
    model::AsrStreamCall call;
    call.hints = hints({"two"});
    say(**model, call, spoken({kTwo}), false);
    EXPECT_TRUE(call.tokens.empty()) << "before the end";
    say(**model, call, {}, true);
    ASSERT_EQ(call.tokens.size(), 1U) << name;
    EXPECT_EQ(call.tokens[0].text, " two");
    EXPECT_LE(call.tokens[0].logprob, 0.0) << "what it leans towards is no surer";
    EXPECT_GT(call.tokens[0].logprob, -1.0);
  }
  for (const char* name : {"streaming-ctc", "streaming-paraformer"}) {
    const auto model = open(name);
    ASSERT_TRUE(model) << model.error().message;
    model::AsrStreamCall call;
    say(**model, call, spoken({kTwo}), true);
    EXPECT_TRUE(call.tokens.empty()) << name << " tells none";
  }
}

TEST_F(SherpaStreaming, ParaformerHearsPieceByPieceToo) {
  const auto model = open("streaming-paraformer");
  ASSERT_TRUE(model) << model.error().message;
  model::AsrStreamCall call;
  const auto told = texts(**model, call, spoken({kOne, kTwo, kThree}));
  ASSERT_GE(told.size(), 3U);
  EXPECT_EQ(told[1].substr(0, 3), "one");
  for (std::size_t i = 1; i < told.size(); ++i) {
    EXPECT_EQ(told[i].substr(0, told[i - 1].size()), told[i - 1]) << "it only grows";
  }
  EXPECT_NE(call.text.find("two"), std::string::npos) << call.text;
  EXPECT_TRUE(call.text.ends_with("three")) << call.text;
  EXPECT_TRUE(call.words.empty()) << "it tells no times";
}

TEST_F(SherpaStreaming, SaysItsLanguageWhereItHasOne) {
  const auto one = open("streaming-transducer");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ((*one)->language(), "en");
  const auto several = open("streaming-ctc");
  ASSERT_TRUE(several) << several.error().message;
  EXPECT_EQ((*several)->language(), "");
}

TEST_F(SherpaStreaming, WhatFailsWhileItHearsIsAnErrorAndTheNextUtteranceIsHeard) {
  const auto model = open("few-symbols");
  ASSERT_TRUE(model) << model.error().message;
  model::AsrStreamCall call;
  call.audio = spoken({kThree});
  call.is_last = true;
  const std::array<model::AsrStreamCall*, 1> alone{&call};
  (*model)->hear(alone);
  ASSERT_FALSE(call.status) << "it has no symbol for this word";
  EXPECT_EQ(call.status.error().code, ErrorCode::internal);
  EXPECT_EQ(call.memory, nullptr);
  say(**model, call, spoken({kOne}), true);
  EXPECT_EQ(call.text, "one");
}

TEST_F(SherpaStreaming, WrongFilesAreErrors) {
  const auto model = open("wrong-file");
  ASSERT_TRUE(model) << "sherpa looks at this one when it hears: " << model.error().message;
  model::AsrStreamCall call;
  call.audio = spoken({kOne});
  call.is_last = true;
  const std::array<model::AsrStreamCall*, 1> alone{&call};
  (*model)->hear(alone);
  EXPECT_FALSE(call.status);
  EXPECT_EQ(SherpaStreamingAsr::load("/nonexistent/libsherpa.so", {}).error().code,
            ErrorCode::not_found);
  EXPECT_EQ(SherpaStreamingAsr::load("libm.so.6", {}).error().code, ErrorCode::failed_precondition);
}

}  // namespace
}  // namespace parley::backend
