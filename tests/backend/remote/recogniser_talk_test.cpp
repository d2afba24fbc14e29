// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/recogniser_talk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::HasSubstr;

constexpr auto kLength = media::MediaTime::from_ms(1000);

model::AsrHintsRef hot_words(std::vector<std::string> words) {
  return std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = std::move(words)});
}

TEST(RecogniserTalk, TheAddressSaysWhatOurSocketWantsToKnow) {
  const RecogniserTalk talk(SocketRecogniser::raw);
  model::AsrCall call;
  EXPECT_EQ(talk.address("/v1/asr/stream", call),
            "/v1/asr/stream?encoding=pcm_s16le&rate=16000&partials=false&silence_ms=10000");
  call.language = "zh";
  call.hints = hot_words({"a,b", "\xE4\xBD\xA0"});
  EXPECT_THAT(talk.address("/s?key=a", call), HasSubstr("/s?key=a&encoding="));
  EXPECT_THAT(talk.address("/s", call), HasSubstr("&language=zh&hot_words=a%2Cb,%E4%BD%A0"));
  EXPECT_EQ(RecogniserTalk(SocketRecogniser::vosk).address("/s", call), "/s");
}

TEST(RecogniserTalk, AnAddressHasNoMoreHotWordsThanFit) {
  model::AsrCall call;
  call.hints = hot_words(std::vector<std::string>(model::kHotWordsMax, std::string(100, 'a')));
  const std::string address = RecogniserTalk(SocketRecogniser::raw).address("/s", call);
  EXPECT_LE(address.size(), kHotWordsQueryBytesMax + 100);
  EXPECT_THAT(address, HasSubstr("a,a"));
}

TEST(RecogniserTalk, SendsAllOfTheAudioInPieces) {
  model::AsrCall call;
  call.audio.assign(9'000, 0.5F);
  for (const auto kind : {SocketRecogniser::raw, SocketRecogniser::vosk}) {
    RecogniserTalk talk(kind);
    std::size_t bytes = 0;
    std::size_t texts = 0;
    for (const SocketMessage& message : talk.messages(call)) {
      (message.is_text ? texts : bytes) += message.is_text ? 1 : message.bytes.size();
    }
    EXPECT_EQ(bytes, 18'000U);
    EXPECT_EQ(texts, kind == SocketRecogniser::vosk ? 2U : 1U);
  }
}

TEST(RecogniserTalk, FinalsWithoutTimesHaveNone) {
  RecogniserTalk talk(SocketRecogniser::raw);
  ASSERT_TRUE(talk.take(R"({"type":"partial","text":"no"})"));
  EXPECT_FALSE(talk.has_begun());
  ASSERT_TRUE(
      talk.take(R"({"type":"final","text":"a","words":[{"word":"a","start_ms":1,"end_ms":2}]})"));
  ASSERT_TRUE(talk.take(R"({"type":"final","text":"b"})"));
  EXPECT_FALSE(talk.is_whole());
  ASSERT_TRUE(talk.take(R"({"type":"done"})"));
  ASSERT_TRUE(talk.is_whole());
  const HeardAnswer answer = talk.answer(kLength);
  EXPECT_EQ(answer.text, "a b");
  EXPECT_TRUE(answer.words.empty());
  EXPECT_TRUE(answer.tokens.empty());
}

TEST(RecogniserTalk, AVoskThatClosesAfterItsWordsHasSaidThemAll) {
  model::AsrCall call;
  call.audio.assign(100, 0.5F);
  RecogniserTalk talk(SocketRecogniser::vosk);
  static_cast<void>(talk.messages(call));
  ASSERT_TRUE(talk.take(R"({"text":"yes"})"));
  EXPECT_FALSE(talk.is_whole());
  EXPECT_TRUE(talk.take_close(1000, ""));
  EXPECT_TRUE(talk.is_whole());
  RecogniserTalk silent(SocketRecogniser::vosk);
  static_cast<void>(silent.messages(call));
  const Status closed = silent.take_close(1008, "no");
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message, HasSubstr("(1008: no)"));
}

TEST(RecogniserTalk, WhatIsNoMessageIsAnError) {
  for (const auto kind : {SocketRecogniser::raw, SocketRecogniser::vosk}) {
    for (const std::string& message : {std::string(), std::string("[]"), std::string(100, '[')}) {
      RecogniserTalk talk(kind);
      const Status taken = talk.take(message);
      ASSERT_FALSE(taken) << message;
      EXPECT_EQ(taken.error().code, ErrorCode::data_corrupt);
    }
  }
}

}  // namespace
}  // namespace parley::backend
