// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/llama_inbox.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

model::LlmPrompt prompt_of(std::uint64_t session, std::size_t messages = 0) {
  model::LlmPrompt prompt;
  prompt.session = session;
  prompt.messages.resize(messages);
  return prompt;
}

TEST(LlamaInbox, KeepsTheOrder) {
  LlamaInbox inbox(4, 4);
  EXPECT_TRUE(inbox.push_prompt(prompt_of(1)));
  EXPECT_TRUE(inbox.push_call(std::make_shared<model::LlmCall>()));
  EXPECT_TRUE(inbox.push_forget(1));
  EXPECT_TRUE(inbox.has_call());
  std::vector<LlamaRequest> taken;
  inbox.take(taken);
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].index(), 1U);
  EXPECT_EQ(taken[1].index(), 0U);
  EXPECT_EQ(taken[2].index(), 2U);
  EXPECT_FALSE(inbox.has_call());
}

TEST(LlamaInbox, CountsCallsUntilTheyBegin) {
  LlamaInbox inbox(2, 4);
  EXPECT_TRUE(inbox.push_call(std::make_shared<model::LlmCall>()));
  EXPECT_TRUE(inbox.push_call(std::make_shared<model::LlmCall>()));
  EXPECT_FALSE(inbox.push_call(std::make_shared<model::LlmCall>()));
  std::vector<LlamaRequest> taken;
  inbox.take(taken);
  EXPECT_FALSE(inbox.push_call(std::make_shared<model::LlmCall>())) << "taken, but not begun";
  inbox.set_waiting(1);
  EXPECT_TRUE(inbox.push_call(std::make_shared<model::LlmCall>()));
}

TEST(LlamaInbox, KeepsTheLatestAnnouncementOfASession) {
  LlamaInbox inbox(2, 4);
  inbox.push_prompt(prompt_of(1, 1));
  inbox.push_prompt(prompt_of(2, 1));
  inbox.push_prompt(prompt_of(1, 2));
  std::vector<LlamaRequest> taken;
  inbox.take(taken);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(std::get<model::LlmPrompt>(taken[1]).messages.size(), 2U);
}

TEST(LlamaInbox, LetsTheOldestAnnouncementGoWhenFull) {
  LlamaInbox inbox(2, 2);
  EXPECT_TRUE(inbox.push_prompt(prompt_of(1)));
  EXPECT_TRUE(inbox.push_prompt(prompt_of(2)));
  EXPECT_FALSE(inbox.push_prompt(prompt_of(3)));
  std::vector<LlamaRequest> taken;
  inbox.take(taken);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(std::get<model::LlmPrompt>(taken[0]).session, 2U);
}

}  // namespace
}  // namespace parley::backend
