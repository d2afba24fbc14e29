// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/hot_word_trie.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

const std::vector<std::string> kPieces{"",    " an",          " ann",         "n", "a", "ual",
                                       " Sv", "ea",           " lin",         "d", ",", " s",
                                       "vea", "\xE4\xBD\xA0", "\xE5\xA5\xBD", " "};

std::int64_t id(std::string_view piece) {
  return std::ranges::find(kPieces, piece) - kPieces.begin();
}

const TokenIndex& pieces() {
  static const TokenIndex index(
      kPieces.size(), [](std::int64_t one) { return kPieces[static_cast<std::size_t>(one)]; });
  return index;
}

/// The bonus of a text all in all.
double bonus(const HotWordTrie& trie, const std::vector<std::string_view>& text) {
  HotWordTrie::State state = 0;
  double sum = 0.0;
  for (const std::string_view piece : text) {
    const auto [next, one] = trie.step(state, id(piece));
    state = next;
    sum += one;
  }
  return sum;
}

HotWordTrie trie_of(const std::vector<std::string>& words) { return {pieces(), words}; }

TEST(HotWordTrie, EveryWayToSpellAWordEarnsTheSame) {
  const HotWordTrie trie = trie_of({"Svea"});
  const double whole = bonus(trie, {" Sv", "ea"});
  EXPECT_GT(whole, 0.0);
  EXPECT_NEAR(bonus(trie, {" s", "vea"}), whole, 1e-6);
  EXPECT_LT(bonus(trie, {" Sv"}), whole);
}

TEST(HotWordTrie, WhatBreaksOffIsTakenBack) {
  const HotWordTrie trie = trie_of({"svea lind"});
  EXPECT_GT(bonus(trie, {" Sv", "ea", " lin"}), 0.0);
  EXPECT_NEAR(bonus(trie, {" Sv", "ea", " lin", ","}), 0.0, 1e-6);
  EXPECT_NEAR(bonus(trie, {" Sv", ""}), 0.0, 1e-6) << "at the end, too";
  EXPECT_GT(bonus(trie, {" Sv", "ea", " lin", "d", ","}), 0.0);
}

TEST(HotWordTrie, AWordCountsOnlyAsAWhole) {
  const HotWordTrie trie = trie_of({"Ann"});
  const double whole = bonus(trie, {" ann"});
  EXPECT_DOUBLE_EQ(bonus(trie, {" ann", ","}), whole);
  EXPECT_DOUBLE_EQ(bonus(trie, {" ann", ""}), whole);
  EXPECT_DOUBLE_EQ(bonus(trie, {" ann", " lin"}), whole);
  EXPECT_NEAR(bonus(trie, {" ann", "ual"}), 0.0, 1e-6);
  EXPECT_NEAR(bonus(trie, {"a", "n"}), 0.0, 1e-6) << "nor in the middle of another";
}

TEST(HotWordTrie, AShorterWordStaysWhereALongerOneBreaksOff) {
  const HotWordTrie trie = trie_of({"svea", "svea lind"});
  const double shorter = bonus(trie, {" Sv", "ea"});
  EXPECT_NEAR(bonus(trie, {" Sv", "ea", " lin", ","}), shorter, 1e-6);
  EXPECT_GT(bonus(trie, {" Sv", "ea", " lin", "d"}), shorter);
}

TEST(HotWordTrie, ANewWordMayBeginWhereOneEnds) {
  const HotWordTrie trie = trie_of({"ann", "svea"});
  EXPECT_NEAR(bonus(trie, {" ann", " Sv", "ea"}),
              bonus(trie, {" ann"}) + bonus(trie, {" Sv", "ea"}), 1e-6);
}

TEST(HotWordTrie, ScriptsWithoutSpacesNeedNone) {
  const HotWordTrie trie = trie_of({"\xE4\xBD\xA0\xE5\xA5\xBD"});
  const double whole = bonus(trie, {"\xE4\xBD\xA0", "\xE5\xA5\xBD"});
  EXPECT_GT(whole, 0.0);
  EXPECT_DOUBLE_EQ(bonus(trie, {" ", "\xE4\xBD\xA0", "\xE5\xA5\xBD"}), whole);
  EXPECT_DOUBLE_EQ(bonus(trie, {"\xE4\xBD\xA0", "\xE5\xA5\xBD", "\xE5\xA5\xBD"}), whole);
}

TEST(HotWordTrie, LeansARowByTheBonusOfEachToken) {
  const HotWordTrie trie = trie_of({"svea lind", "ann"});
  std::vector<float> row(kPieces.size());
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i);
  for (const auto& text : std::vector<std::vector<std::string_view>>{
           {}, {" Sv"}, {" Sv", "ea"}, {" ann"}, {" Sv", "ea", " lin", "d"}}) {
    HotWordTrie::State state = 0;
    for (const std::string_view piece : text) state = trie.step(state, id(piece)).next;
    std::vector<float> leaned(row.size());
    trie.lean(state, row, leaned);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double expected = trie.step(state, static_cast<std::int64_t>(i)).bonus;
      EXPECT_NEAR(leaned[i] - row[i], expected, 1e-5) << kPieces[i] << " after " << text.size();
    }
  }
}

TEST(HotWordTrie, HasALimitAndMayBeEmpty) {
  EXPECT_TRUE(trie_of({}).empty());
  EXPECT_TRUE(trie_of({"", " \n"}).empty());
  EXPECT_TRUE(trie_of({std::string(kHotWordTrieBytesMax + 1, 'a')}).empty());
  std::vector<std::string> many(1000, std::string(100, 'n'));
  EXPECT_FALSE(trie_of(many).empty());
}

}  // namespace
}  // namespace parley::backend
