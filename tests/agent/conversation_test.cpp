// SPDX-License-Identifier: Apache-2.0
#include "agent/conversation.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace parley::agent {
namespace {

Item text_item(std::string id) {
  Item item;
  item.id = std::move(id);
  item.content.push_back({.kind = ContentPart::Kind::input_text, .text = "words"});
  return item;
}

Item spoken_item(std::string id, std::size_t samples) {
  Item item;
  item.id = std::move(id);
  item.role = Item::Role::assistant;
  ContentPart part;
  part.kind = ContentPart::Kind::output_audio;
  part.text = "spoken words";
  part.has_transcript = true;
  part.audio.samples.assign(samples, 7);
  item.content.push_back(std::move(part));
  return item;
}

std::string order(const Conversation& conversation) {
  std::string ids;
  for (const Item& item : conversation.items()) ids += item.id;
  return ids;
}

TEST(Conversation, AppendsByDefault) {
  Conversation conversation;
  EXPECT_EQ(conversation.last_id(), "");
  conversation.insert(text_item("a"));
  conversation.insert(text_item("b"));
  EXPECT_EQ(order(conversation), "ab");
  EXPECT_EQ(conversation.last_id(), "b");
}

TEST(Conversation, InsertsAtTheFrontAndAfterAnItem) {
  Conversation conversation;
  conversation.insert(text_item("b"));
  conversation.insert(text_item("a"), {.kind = Conversation::Position::Kind::front});
  conversation.insert(text_item("d"),
                      {.kind = Conversation::Position::Kind::after, .after_id = "b"});
  conversation.insert(text_item("c"),
                      {.kind = Conversation::Position::Kind::after, .after_id = "b"});
  EXPECT_EQ(order(conversation), "abcd");
}

TEST(Conversation, FindsThePredecessor) {
  Conversation conversation;
  conversation.insert(text_item("a"));
  conversation.insert(text_item("b"));
  EXPECT_EQ(conversation.previous_id("a"), "");
  EXPECT_EQ(conversation.previous_id("b"), "a");
  EXPECT_EQ(conversation.previous_id("unknown"), "");
}

TEST(Conversation, ErasesOnceAndChainsToTheNewTail) {
  Conversation conversation;
  conversation.insert(text_item("a"));
  conversation.insert(text_item("b"));
  EXPECT_TRUE(conversation.erase("b"));
  EXPECT_FALSE(conversation.erase("b"));
  EXPECT_EQ(conversation.find("b"), nullptr);
  conversation.insert(text_item("c"));
  EXPECT_EQ(conversation.previous_id("c"), "a");
}

TEST(Conversation, KeepsReferencesValidWhileItemsComeAndGo) {
  Conversation conversation;
  Item& kept = conversation.insert(text_item("kept"));
  for (int i = 0; i < 100; ++i) {
    conversation.insert(text_item("x" + std::to_string(i)),
                        {.kind = Conversation::Position::Kind::front});
  }
  for (int i = 0; i < 100; ++i) conversation.erase("x" + std::to_string(i));
  EXPECT_EQ(&kept, conversation.find("kept"));
  EXPECT_EQ(kept.content.front().text, "words");
}

TEST(Conversation, TruncationCutsAudioAndDropsTheTranscript) {
  Conversation conversation;
  Item& item = conversation.insert(spoken_item("a", 24'000));
  conversation.truncate(item, 0, media::MediaTime::from_ms(250));
  EXPECT_EQ(item.content[0].audio.samples.size(), 6'000U);
  EXPECT_EQ(item.content[0].audio.duration().ms(), 250);
  EXPECT_EQ(item.content[0].text, "");
  EXPECT_FALSE(item.content[0].has_transcript);
  conversation.truncate(item, 0, media::MediaTime::from_ms(0));
  EXPECT_TRUE(item.content[0].audio.samples.empty());
}

TEST(Conversation, TruncationBeyondTheAudioKeepsAllOfIt) {
  Conversation conversation;
  Item& item = conversation.insert(spoken_item("a", 2'400));
  conversation.truncate(item, 0, media::MediaTime::from_ms(500));
  EXPECT_EQ(item.content[0].audio.samples.size(), 2'400U);
}

TEST(Conversation, FindsFunctionCallsButNotTheirOutputs) {
  Conversation conversation;
  Item output;
  output.id = "o";
  output.type = Item::Type::function_call_output;
  output.call_id = "call_1";
  conversation.insert(output);
  EXPECT_EQ(conversation.find_call("call_1"), nullptr);
  Item call;
  call.id = "f";
  call.type = Item::Type::function_call;
  call.call_id = "call_1";
  const Item& stored = conversation.insert(call);
  EXPECT_EQ(conversation.find_call("call_1"), &stored);
}

TEST(Conversation, KnowsWhetherTheAssistantHasSpoken) {
  Conversation conversation;
  conversation.insert(text_item("a"));
  EXPECT_FALSE(conversation.has_assistant_audio());
  conversation.insert(spoken_item("b", 10));
  EXPECT_TRUE(conversation.has_assistant_audio());
}

using ConversationDeathTest = ::testing::Test;

TEST(ConversationDeathTest, RefusesAnIdThatIsTaken) {
  Conversation conversation;
  conversation.insert(text_item("a"));
  EXPECT_DEATH(conversation.insert(text_item("a")), "check failed");
}

}  // namespace
}  // namespace parley::agent
