// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/sequence_table.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using Tokens = std::vector<Token>;

/// Reads a whole prompt in and lets the sequence go.
SequenceId read(SequenceTable& table, std::uint64_t session, const Tokens& prompt) {
  const auto claim = table.claim(session, prompt);
  EXPECT_TRUE(claim);
  table.append(claim->sequence, std::span(prompt).subspan(claim->reused));
  table.release(claim->sequence);
  return claim->sequence;
}

TEST(SequenceTable, FindsASessionsOwnSequenceAgain) {
  SequenceTable table(4);
  const SequenceId own = read(table, 1, {1, 2, 3});
  read(table, 2, {7, 8});
  const auto claim = table.claim(1, Tokens{1, 2, 3, 4, 5});
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->sequence, own);
  EXPECT_EQ(claim->keep, 3U);
  EXPECT_EQ(claim->reused, 3U);
  EXPECT_FALSE(claim->copy_from);
}

TEST(SequenceTable, CutsWhatNoLongerFits) {
  SequenceTable table(4);
  const SequenceId own = read(table, 1, {1, 2, 3, 4});
  const auto claim = table.claim(1, Tokens{1, 2, 9});
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->keep, 2U);
  EXPECT_EQ(table.size(own), 2U);
}

TEST(SequenceTable, TakesALongerBeginningFromAnother) {
  SequenceTable table(4);
  const SequenceId donor = read(table, 1, {1, 2, 3, 4, 5});
  const auto claim = table.claim(2, Tokens{1, 2, 3, 9});
  ASSERT_TRUE(claim);
  EXPECT_NE(claim->sequence, donor);
  EXPECT_EQ(claim->copy_from, donor);
  EXPECT_EQ(claim->keep, 0U);
  EXPECT_EQ(claim->reused, 3U);
  EXPECT_EQ(table.size(claim->sequence), 3U);
}

TEST(SequenceTable, TakesItFromABusyOneToo) {
  SequenceTable table(4);
  const auto first = table.claim(1, Tokens{1, 2, 3, 4});
  table.append(first->sequence, Tokens{1, 2});
  const auto second = table.claim(2, Tokens{1, 2, 3, 5});
  EXPECT_EQ(second->copy_from, first->sequence);
  EXPECT_EQ(second->reused, 2U) << "only what has been read";
}

TEST(SequenceTable, NeverReusesTheLastToken) {
  SequenceTable table(4);
  read(table, 1, {1, 2, 3});
  EXPECT_EQ(table.claim(1, Tokens{1, 2, 3})->reused, 2U);
}

TEST(SequenceTable, GivesTheLongestUnusedToNewSessions) {
  SequenceTable table(2);
  const SequenceId first = read(table, 1, {1});
  const SequenceId second = read(table, 2, {2});
  read(table, 1, {1, 1});
  EXPECT_EQ(table.claim(3, Tokens{3})->sequence, second);
  EXPECT_EQ(table.claim(4, Tokens{4})->sequence, first);
  EXPECT_FALSE(table.claim(5, Tokens{5})) << "all are busy";
}

TEST(SequenceTable, LetsTwoPromptsOfASessionWorkAtOnce) {
  SequenceTable table(3);
  const auto first = table.claim(1, Tokens{1, 2});
  const auto second = table.claim(1, Tokens{1, 3});
  ASSERT_TRUE(second);
  EXPECT_NE(first->sequence, second->sequence);
  table.release(second->sequence);
  table.release(first->sequence);
  EXPECT_EQ(table.claim(1, Tokens{1, 2, 3})->sequence, first->sequence);
}

TEST(SequenceTable, PromptsOfNobodyShareBeginningsAndTakeNoSessionsPlace) {
  SequenceTable table(2);
  const SequenceId own = read(table, 1, {1, 2, 3, 4});
  for (Token question = 10; question < 15; ++question) {
    const auto claim = table.claim(0, Tokens{1, 2, question});
    EXPECT_NE(claim->sequence, own);
    EXPECT_EQ(claim->reused, 2U);
    table.append(claim->sequence, Tokens{question});
    table.release(claim->sequence);
  }
  EXPECT_TRUE(table.covers(1, Tokens{1, 2, 3, 4}));
  EXPECT_NE(table.evict(), own) << "what nobody owns goes first";
}

TEST(SequenceTable, EvictsIdleSequencesOnly) {
  SequenceTable table(3);
  const SequenceId idle = read(table, 1, {1});
  const auto busy = table.claim(2, Tokens{2, 3});
  table.append(busy->sequence, Tokens{2});
  EXPECT_EQ(table.evict(), idle);
  EXPECT_FALSE(table.evict());
  EXPECT_EQ(table.size(busy->sequence), 1U);
}

TEST(SequenceTable, KnowsWhatIsThereAlready) {
  SequenceTable table(3);
  read(table, 1, {1, 2, 3});
  EXPECT_TRUE(table.covers(1, Tokens{1, 2}));
  EXPECT_FALSE(table.covers(1, Tokens{1, 3}));
  EXPECT_FALSE(table.covers(2, Tokens{1, 2})) << "another session would have to copy it";
  EXPECT_TRUE(table.covers(0, Tokens{1, 2})) << "anywhere is good enough for nobody's prompt";
}

TEST(SequenceTable, KeepsOnlyTheHeadOfAForgottenSession) {
  SequenceTable table(3);
  const SequenceId sequence = read(table, 1, {1, 2, 3, 4});
  table.set_head(sequence, 2);
  const auto forgotten = table.forget(1);
  ASSERT_TRUE(forgotten);
  EXPECT_EQ(forgotten->keep, 2U);
  EXPECT_EQ(table.size(sequence), 2U);
  EXPECT_FALSE(table.forget(1)) << "it is nobody's now";

  const SequenceId other = read(table, 2, {1, 2, 5});
  table.set_head(other, 2);
  EXPECT_EQ(table.forget(2)->keep, 0U) << "another sequence has the same head";
}

}  // namespace
}  // namespace parley::backend
