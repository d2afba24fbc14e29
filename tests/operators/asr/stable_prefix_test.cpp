// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/stable_prefix.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace parley::operators {
namespace {

struct Shown {
  std::string stable;
  std::string text;
  friend bool operator==(const Shown&, const Shown&) = default;
  friend void PrintTo(const Shown& shown, std::ostream* out) {
    *out << '"' << shown.stable << "\" of \"" << shown.text << '"';
  }
};

std::vector<Shown> shown_of(const std::vector<std::string>& hypotheses) {
  StablePrefix prefix;
  std::vector<Shown> all;
  for (const std::string& one : hypotheses) {
    prefix.add(one);
    all.push_back({prefix.text().substr(0, prefix.stable_bytes()), prefix.text()});
  }
  return all;
}

using All = std::vector<Shown>;

TEST(StablePrefix, IsWhatTwoHypothesesAgreeOn) {
  EXPECT_EQ(
      shown_of({"The cap", "The captain", "The captain counted", "The captain counted seven."}),
      (All{{"", "The cap"},
           {"The", "The captain"},
           {"The captain", "The captain counted"},
           {"The captain counted", "The captain counted seven."}}));
}

TEST(StablePrefix, IsNeverTakenBack) {
  EXPECT_EQ(shown_of({"I scream", "I scream", "Ice cream is", "Ice cream is good"}),
            (All{{"", "I scream"},
                 {"I scream", "I scream"},
                 {"I scream", "I scream is"},
                 {"I scream is", "I scream is good"}}));
  EXPECT_EQ(shown_of({"one two", "one two", "one", ""}).back(), (Shown{"one two", "one two"}));
}

TEST(StablePrefix, PunctuationAndCaseMayChangeUntilTheNextWordIsStable) {
  EXPECT_EQ(shown_of({"Hello world.", "hello world", "Hello world, how", "Hello world, how are"}),
            (All{{"", "Hello world."},
                 {"hello world", "hello world"},
                 {"hello world", "hello world, how"},
                 {"hello world, how", "hello world, how are"}}));
}

TEST(StablePrefix, WritingWithoutSpacesGoesByCharacters) {
  EXPECT_EQ(shown_of({"今天天", "今天天气", "今天天汽，很好。"}),
            (All{{"", "今天天"}, {"今天天", "今天天气"}, {"今天天", "今天天汽，很好。"}}));
}

TEST(StablePrefix, AnApostropheIsPartOfItsWord) {
  EXPECT_EQ(shown_of({"don't", "don't go", "don go"}),
            (All{{"", "don't"}, {"don't", "don't go"}, {"don't", "don't go"}}));
}

TEST(StablePrefix, ANumberIsOneWord) {
  EXPECT_EQ(shown_of({"at 0.8", "at 0.1 or", "at 0.1 or 10:30."}),
            (All{{"", "at 0.8"}, {"at", "at 0.1 or"}, {"at 0.1 or", "at 0.1 or 10:30."}}));
}

TEST(StablePrefix, AWordThatMayGrowIsNotStable) {
  StablePrefix prefix;
  for (int i = 0; i < 3; ++i) prefix.add("the cap", Ending::open);
  EXPECT_EQ(prefix.stable_bytes(), std::string_view("the").size());
  prefix.add("the captain counted", Ending::open);
  prefix.add("the captain counted", Ending::open);
  EXPECT_EQ(prefix.text().substr(0, prefix.stable_bytes()), "the captain");
  prefix.add("the captain counted", Ending::whole);
  EXPECT_EQ(prefix.stable_bytes(), prefix.text().size());
}

TEST(StablePrefix, NothingIsNothing) {
  EXPECT_EQ(shown_of({"", "...", "-"}), (All{{"", ""}, {"", "..."}, {"", "-"}}));
  StablePrefix prefix;
  prefix.add("a");
  prefix.add("a");
  prefix.clear();
  EXPECT_EQ(prefix.text(), "");
  prefix.add("b");
  EXPECT_EQ(prefix.stable_bytes(), 0U);
}

}  // namespace
}  // namespace parley::operators
