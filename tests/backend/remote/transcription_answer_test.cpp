// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/transcription_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

constexpr auto kLength = media::MediaTime::from_ms(2000);

HeardAnswer read(std::string_view body) {
  auto answer = read_transcription(body, kLength);
  EXPECT_TRUE(answer) << answer.error().message;
  return answer ? std::move(*answer) : HeardAnswer{};
}

TEST(TranscriptionAnswer, TheTextIsEnough) {
  const HeardAnswer answer = read(R"({"text":" Hello. ","usage":{"seconds":2}})");
  EXPECT_EQ(answer.text, "Hello.");
  EXPECT_EQ(answer.language, "");
  EXPECT_TRUE(answer.words.empty());
  EXPECT_TRUE(answer.tokens.empty());
}

TEST(TranscriptionAnswer, LanguagesHaveNamesOrCodes) {
  EXPECT_EQ(read(R"({"text":"","language":"french"})").language, "fr");
  EXPECT_EQ(read(R"({"text":"","language":"zh"})").language, "zh");
  EXPECT_EQ(read(R"({"text":"","language":"?"})").language, "");
  EXPECT_EQ(read(R"({"text":"","language":7})").language, "");
}

TEST(TranscriptionAnswer, WordsWithoutTimesAreNone) {
  EXPECT_EQ(read(R"({"text":"a","words":[{"word":"a","start":0,"end":1}]})").words.size(), 1U);
  for (const char* words : {R"([{"word":"a","start":"0","end":1}])", R"([{"word":"a","end":1}])",
                            R"([7])", R"([{"word":"a","start":1e999,"end":1}])", R"({})"}) {
    EXPECT_TRUE(read(R"({"text":"a","words":)" + std::string(words) + "}").words.empty()) << words;
  }
}

TEST(TranscriptionAnswer, SegmentsTellHowSureItWas) {
  const HeardAnswer answer = read(
      R"({"text":"aaa b","segments":[{"text":"aaa","avg_logprob":-1},{"text":"b","avg_logprob":-2}]})");
  ASSERT_EQ(answer.tokens.size(), 1U);
  EXPECT_EQ(answer.tokens[0].text, "aaa b");
  EXPECT_DOUBLE_EQ(answer.tokens[0].logprob, -1.25);
  EXPECT_TRUE(read(R"({"text":"a","segments":[{"text":"a","avg_logprob":0}]})").tokens.empty())
      << "nobody is that sure";
}

TEST(TranscriptionAnswer, WhatIsNoneSaysWhatCame) {
  const auto error = [](std::string_view body) {
    const auto answer = read_transcription(body, kLength);
    EXPECT_FALSE(answer) << body;
    return answer ? std::string() : answer.error().message;
  };
  EXPECT_EQ(error("Bad gateway\n"), "the recogniser's endpoint sent no JSON object: Bad gateway");
  EXPECT_EQ(error(R"({"error":"busy"})"),
            "the recogniser's endpoint sent an answer without text: busy");
  EXPECT_THAT(error(std::string(100, '[')), testing::HasSubstr("no JSON"));
}

}  // namespace
}  // namespace parley::backend
