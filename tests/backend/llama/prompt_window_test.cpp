// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/prompt_window.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using Role = model::LlmMessage::Role;

/// One letter per message: s system, u user, a assistant, c assistant's call, t its output.
std::vector<model::LlmMessage> conversation(const std::string& letters) {
  std::vector<model::LlmMessage> messages;
  int calls = 0;
  for (const char letter : letters) {
    model::LlmMessage message;
    switch (letter) {
      case 's':
        message.role = Role::system;
        break;
      case 'u':
        message.role = Role::user;
        break;
      case 'a':
        message.role = Role::assistant;
        break;
      case 'c':
        message.role = Role::assistant;
        message.tool_calls = {{"call_" + std::to_string(++calls), "f", "{}"}};
        break;
      default:
        message.role = Role::tool;
        message.tool_call_id = "call_" + std::to_string(calls);
        break;
    }
    messages.push_back(message);
  }
  return messages;
}

std::optional<std::size_t> kept(const std::string& letters, std::int64_t each,
                                PromptBudget budget) {
  const std::vector<std::int64_t> tokens(letters.size(), each);
  return first_kept(conversation(letters), tokens, budget);
}

TEST(PromptWindow, KeepsEverythingThatFits) {
  EXPECT_EQ(kept("suaua", 10, {50, 20}), 1U);
  EXPECT_EQ(kept("uaua", 10, {50, 20}), 0U);
}

TEST(PromptWindow, DropsTheOldestAfterTheSystemMessage) {
  EXPECT_EQ(kept("suauau", 10, {50, 10}), 2U);
  EXPECT_EQ(kept("suauau", 10, {30, 10}), 4U);
}

TEST(PromptWindow, DropsLargePiecesSoThatTheCutStays) {
  std::string letters = "suauau";
  std::vector<std::size_t> cuts;
  for (int turn = 0; turn < 6; ++turn) {
    cuts.push_back(*kept(letters, 10, {50, 40}));
    letters += "au";
  }
  EXPECT_EQ(cuts, (std::vector<std::size_t>{5, 5, 9, 9, 13, 13}));
}

TEST(PromptWindow, KeepsAnOutputWithItsCall) {
  // Without the call its output would be a riddle: the cut moves behind both.
  EXPECT_EQ(kept("suctau", 10, {40, 10}), 4U);
  EXPECT_EQ(kept("suct", 10, {30, 10}), 2U) << "the newest is an output: its call stays";
}

TEST(PromptWindow, SaysWhenTheNewestAloneIsTooLarge) {
  EXPECT_EQ(kept("su", 30, {50, 10}), std::nullopt);
  EXPECT_EQ(kept("u", 60, {50, 10}), std::nullopt);
  EXPECT_EQ(kept("suct", 20, {50, 10}), std::nullopt) << "call and output belong together";
}

}  // namespace
}  // namespace parley::backend
