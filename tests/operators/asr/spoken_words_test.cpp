// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/spoken_words.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace parley::operators {
namespace {

std::vector<std::string> compared(std::string_view text) {
  std::vector<std::string> all;
  for (const SpokenWord& word : spoken_words(text)) all.push_back(word.compared);
  return all;
}

using All = std::vector<std::string>;

TEST(SpokenWords, AreComparedWithoutCaseAndPunctuation) {
  EXPECT_EQ(compared("\"Good morning,\" he said - don't go!"),
            (All{"good", "morning", "he", "said", "don't", "go"}));
  EXPECT_EQ(compared("... -"), All{});
}

TEST(SpokenWords, KeepNumbersWhole) {
  EXPECT_EQ(compared("At 10:30, 1,000 of 0.8."), (All{"at", "10:30", "1,000", "of", "0.8"}));
}

TEST(SpokenWords, AreCharactersWhereNobodyWritesSpaces) {
  EXPECT_EQ(compared("今天，OK。"), (All{"今", "天", "ok"}));
}

TEST(SpokenWords, SayWhereTheyAre) {
  const std::string text = "Yes, sir.";
  const std::vector<SpokenWord> words = spoken_words(text);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(text.substr(words[0].begin, words[0].end - words[0].begin), "Yes");
  EXPECT_EQ(text.substr(words[1].begin, words[1].end - words[1].begin), ", sir");
}

}  // namespace
}  // namespace parley::operators
