// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/spoken_segments.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace parley::service {
namespace {

using media::MediaTime;

/// Each word lasts `word_ms`, one behind the other.
RecognizedText utterance(const std::vector<std::string>& words, int word_ms) {
  RecognizedText text;
  text.begin = MediaTime::from_ms(1000);
  MediaTime at = text.begin;
  for (const std::string& word : words) {
    if (!text.text.empty()) text.text += ' ';
    text.text += word;
    const MediaTime end = at + MediaTime::from_ms(word_ms);
    text.words.push_back({word, at, end});
    at = end;
  }
  text.end = at;
  return text;
}

TEST(SpokenSegments, ASentenceIsOne) {
  const auto segments =
      spoken_segments(utterance({"He", "said", "\"No.\"", "She", "did", "not", "mind."}, 500));
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].text, "He said \"No.\"");
  EXPECT_EQ(segments[0].begin.ms(), 1000);
  EXPECT_EQ(segments[0].end.ms(), 2500);
  EXPECT_EQ(segments[1].text, "She did not mind.");
  EXPECT_EQ(segments[1].words.size(), 4U);
}

TEST(SpokenSegments, AnAbbreviationIsNoSentence) {
  EXPECT_EQ(spoken_segments(utterance({"Mr.", "Brown", "came."}, 400)).size(), 1U);
}

TEST(SpokenSegments, WhatIsLongIsCutAtACommaOrElseAnywhere) {
  std::vector<std::string> words(20, "and");
  words[7] = "then,";
  const auto segments = spoken_segments(utterance(words, 1000));
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_TRUE(segments[0].text.ends_with("then,"));
  words[7] = "then";
  const auto blind = spoken_segments(utterance(words, 1000));
  ASSERT_EQ(blind.size(), 2U);
  EXPECT_EQ(blind[0].words.size(), 12U);
}

TEST(SpokenSegments, WithoutTimesOrSpacesAnUtteranceIsOne) {
  RecognizedText text = utterance({"One.", "Two."}, 2000);
  text.text = "One.Two.";
  ASSERT_EQ(spoken_segments(text).size(), 1U);
  EXPECT_EQ(spoken_segments(text)[0].text, "One.Two.");
  text.words.clear();
  text.tokens = {{"One", -0.5}, {"Two", -1.5}};
  ASSERT_EQ(spoken_segments(text).size(), 1U);
  EXPECT_EQ(spoken_segments(text)[0].end, text.end);
  EXPECT_DOUBLE_EQ(spoken_segments(text)[0].avg_logprob, -1.0);
  EXPECT_TRUE(spoken_segments({}).empty());
}

}  // namespace
}  // namespace parley::service
