// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/kept_utterance.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

KeptUtterance utterance() {
  return {.begin = MediaTime::from_ms(512),
          .end = MediaTime::from_ms(1472),
          .text = "Say \"hello\",\nworld.",
          .language = "en",
          .words = {{"Say", MediaTime::from_ms(512), MediaTime::from_ms(700)},
                    {"\"hello\",\nworld.", MediaTime::from_ms(700), MediaTime::from_ms(1472)}}};
}

TEST(KeptUtteranceTest, IsReadAsItWasWritten) {
  std::string line;
  append_kept_utterance(line, utterance());
  ASSERT_TRUE(line.ends_with("}\n"));
  line.pop_back();
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto read = read_kept_utterance(line);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, utterance());
}

TEST(KeptUtteranceTest, HasNoLanguageWhereNoneIsKnown) {
  std::string line;
  append_kept_utterance(line, {.text = "Hi."});
  EXPECT_EQ(line, "{\"begin\":0,\"end\":0,\"text\":\"Hi.\",\"words\":[]}\n");
}

TEST(KeptUtteranceTest, WhatIsNoneIsDamaged) {
  for (const char* line :
       {"", "{", "[]", "{\"begin\":0,\"end\":1}",
        "{\"begin\":2,\"end\":1,\"text\":\"a\",\"words\":[]}",
        "{\"begin\":0,\"end\":1,\"text\":\"a\",\"words\":[[\"a\",1]]}",
        "{\"begin\":0,\"end\":1,\"text\":\"a\",\"words\":[[\"a\",\"1\",2]]}",
        "{\"begin\":0,\"end\":1,\"text\":\"a\",\"more\":1}",
        "{\"begin\":5,\"text\":\"a\",\"words\":[]}", "{\"end\":5,\"text\":\"a\",\"words\":[]}"}) {
    const auto read = read_kept_utterance(line);
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, ErrorCode::data_corrupt) << line;
  }
}

}  // namespace
}  // namespace parley::protocol
