// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/clause_splitter.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace parley::operators {
namespace {

/// Feeds `text` in pieces of `step` bytes and collects every clause.
std::vector<std::string> split(std::string_view text, std::size_t step) {
  ClauseSplitter splitter;
  std::vector<std::string> clauses;
  const auto drain = [&] {
    while (auto clause = splitter.next()) clauses.push_back(*clause);
  };
  for (std::size_t i = 0; i < text.size(); i += step) {
    splitter.append(text.substr(i, step));
    drain();
  }
  splitter.finish();
  drain();
  return clauses;
}

using Clauses = std::vector<std::string>;

TEST(ClauseSplitter, CutsTheFirstPieceAtItsFirstCommaAndLaterOnesAtSentences) {
  const std::string_view text =
      "Of course, I can help with that. First, open the box, then read the manual. Done!";
  const Clauses expected = {"Of course,", "I can help with that.",
                            "First, open the box, then read the manual.", "Done!"};
  EXPECT_EQ(split(text, 1), expected);
}

TEST(ClauseSplitter, GivesTheSameClausesWhateverTheSizeOfTheTokens) {
  const std::string_view text = "Yes, Mr. Smith paid 3.50 for it. He was happy; so was I.\nBye.";
  for (const std::size_t step : {2U, 3U, 7U, 100U}) EXPECT_EQ(split(text, step), split(text, 1));
}

TEST(ClauseSplitter, LeavesNumbersTimesAndAbbreviationsWhole) {
  const Clauses expected = {"Dr. Brown meets you at 10:30 a.m. in room 3.5 on Monday."};
  ClauseSplitter splitter;
  splitter.append("Right then. Dr. Brown meets you at 10:30 a.m. in room 3.5 on Monday.");
  ASSERT_EQ(splitter.next(), "Right then.");
  splitter.finish();
  EXPECT_EQ(splitter.next(), expected[0]);
  EXPECT_EQ(splitter.next(), std::nullopt);
}

TEST(ClauseSplitter, CutsAFirstPieceWithoutPunctuationBeforeAPhrase) {
  const Clauses clauses = split("The library opens every morning at nine and closes at six.", 4);
  ASSERT_GE(clauses.size(), 2U);
  EXPECT_EQ(clauses[0], "The library opens every morning");
}

TEST(ClauseSplitter, CutsALongTextWithoutAnyPunctuation) {
  std::string text = "Start now. ";
  for (int i = 0; i < 200; ++i) text += "word ";
  for (const std::string& clause : split(text, 5)) EXPECT_LE(clause.size(), 241U);
}

TEST(ClauseSplitter, KeepsWideCharactersWholeAndKnowsTheirPunctuation) {
  const Clauses expected = {"你好，", "今天天气很好。", "我们出去玩吧！"};
  EXPECT_EQ(split("你好，今天天气很好。我们出去玩吧！", 1), expected);
}

TEST(ClauseSplitter, NeverCutsInsideACharacter) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "好";
  std::string joined;
  for (const std::string& clause : split(text, 3)) {
    EXPECT_EQ(clause.size() % 3, 0U);
    joined += clause;
  }
  EXPECT_EQ(joined, text);
}

TEST(ClauseSplitter, SaysNothingOfBlankText) {
  EXPECT_TRUE(split("  \n \n ", 1).empty());
  EXPECT_TRUE(split("", 1).empty());
}

TEST(ClauseSplitter, StartsAfreshAfterReset) {
  ClauseSplitter splitter;
  splitter.append("Half a thought");
  splitter.reset();
  splitter.append("Well then, yes.");
  EXPECT_EQ(splitter.next(), "Well then,");
}

}  // namespace
}  // namespace parley::operators
