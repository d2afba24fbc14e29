// SPDX-License-Identifier: Apache-2.0
#include "agent/prompt.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace parley::agent {
namespace {

using media::MediaTime;
using model::LlmMessage;
using Role = LlmMessage::Role;
using Kind = ContentPart::Kind;

class PromptTest : public ::testing::Test {
 protected:
  Item& message(Item::Role role, Kind kind, std::string text) {
    Item item;
    item.role = role;
    ContentPart part;
    part.kind = kind;
    part.text = std::move(text);
    part.has_transcript = kind == Kind::input_audio || kind == Kind::output_audio;
    item.content.push_back(std::move(part));
    return add(std::move(item));
  }
  Item& call(std::string id, Item::Status status = Item::Status::completed) {
    Item item;
    item.type = Item::Type::function_call;
    item.status = status;
    item.call_id = std::move(id);
    item.name = "look";
    item.arguments = "{}";
    return add(std::move(item));
  }
  Item& output(std::string id, std::string text) {
    Item item;
    item.type = Item::Type::function_call_output;
    item.call_id = std::move(id);
    item.output = std::move(text);
    return add(std::move(item));
  }
  Item& add(Item item) {
    items_.push_back(std::move(item));
    return items_.back();
  }
  /// "role: text" for each message; calls as "role -> id id".
  std::vector<std::string> read() {
    std::vector<const Item*> items;
    for (const Item& item : items_) items.push_back(&item);
    std::vector<LlmMessage> messages;
    append_messages(messages, items);
    std::vector<std::string> lines;
    for (const LlmMessage& one : messages) {
      static constexpr const char* kRoles[] = {"system", "user", "assistant", "tool"};
      std::string line = kRoles[static_cast<int>(one.role)];
      for (const model::LlmToolCall& made : one.tool_calls) line += " -> " + made.id;
      if (!one.tool_call_id.empty()) line += " " + one.tool_call_id;
      if (!one.text.empty()) line += ": " + one.text;
      lines.push_back(std::move(line));
    }
    return lines;
  }
  using Lines = std::vector<std::string>;

  std::deque<Item> items_;
};

TEST_F(PromptTest, MessagesKeepRoleAndOrderAndPartsAreJoined) {
  message(Item::Role::system, Kind::input_text, "be kind");
  Item& said = message(Item::Role::user, Kind::input_text, "look");
  ContentPart more;
  more.kind = Kind::input_audio;
  more.text = "at this";
  more.has_transcript = true;
  said.content.push_back(more);
  message(Item::Role::assistant, Kind::output_text, "I see");
  EXPECT_EQ(read(), (Lines{"system: be kind", "user: look at this", "assistant: I see"}));
}

TEST_F(PromptTest, SoundsWithoutWordsAreSaidToBeSuch) {
  message(Item::Role::user, Kind::input_audio, "");
  EXPECT_EQ(read(), (Lines{"user: (inaudible)"}));
}

TEST_F(PromptTest, ImagesAndRepliesThatNobodyHeardAddNothing) {
  message(Item::Role::user, Kind::input_image, "data:");
  message(Item::Role::assistant, Kind::output_audio, "never sent").status =
      Item::Status::incomplete;
  EXPECT_EQ(read(), Lines{});
}

TEST_F(PromptTest, AnUnfinishedReplySaidWhatWasSentOfIt) {
  Item& reply = message(Item::Role::assistant, Kind::output_audio, "One two. Three four. Five.");
  reply.content[0].clauses = {{"One two.", MediaTime{}, MediaTime::from_ms(1000)},
                              {"Three four.", MediaTime::from_ms(1000), MediaTime::from_ms(2000)}};
  reply.content[0].audio.samples.resize(24 * 1700);
  EXPECT_EQ(read(), (Lines{"assistant: One two. Three four. Five."}));
  reply.status = Item::Status::incomplete;
  EXPECT_EQ(read(), (Lines{"assistant: One two. Three"}));
}

TEST_F(PromptTest, HeardTextEndsBetweenWords) {
  ContentPart part;
  part.clauses = {{"alpha beta", MediaTime{}, MediaTime::from_ms(1000)}};
  EXPECT_EQ(heard_text(part, MediaTime{}), "");
  EXPECT_EQ(heard_text(part, MediaTime::from_ms(400)), "");
  EXPECT_EQ(heard_text(part, MediaTime::from_ms(900)), "alpha");
  EXPECT_EQ(heard_text(part, MediaTime::from_ms(1000)), "alpha beta");
}

TEST_F(PromptTest, HeardTextEndsWhereTheVoiceSaysThatAWordEnded) {
  const auto at = [](std::int64_t ms) { return MediaTime::from_ms(ms); };
  ContentPart part;
  part.clauses = {
      {"Go now.", at(0), at(1000), {{"Go", at(50), at(600)}, {"now.", at(650), at(950)}}},
      {"Yes I do.",
       at(1000),
       at(2000),
       {{"Yes", at(1100), at(1200)}, {"I", at(1850), at(1900)}, {"do.", at(1900), at(1990)}}}};
  EXPECT_EQ(heard_text(part, at(599)), "");
  EXPECT_EQ(heard_text(part, at(600)), "Go");
  EXPECT_EQ(heard_text(part, at(1200)), "Go now. Yes") << "by letters it would be only 'Go now.'";
  EXPECT_EQ(heard_text(part, at(1899)), "Go now. Yes") << "by letters it would be 'Yes I'";
  EXPECT_EQ(heard_text(part, at(1900)), "Go now. Yes I");
  EXPECT_EQ(word_times(part, at(1150)).size(), 3U);
  EXPECT_EQ(word_times(part, at(5000)).back().text, "do.");
}

TEST_F(PromptTest, OutputsFollowTheirCallsWhateverCameBetween) {
  call("a");
  call("b");
  message(Item::Role::user, Kind::input_text, "hurry");
  output("b", "2");
  output("a", "1");
  EXPECT_EQ(read(), (Lines{"assistant -> a -> b", "tool a: 1", "tool b: 2", "user: hurry"}));
}

TEST_F(PromptTest, EveryCallHasExactlyOneOutput) {
  call("open");
  message(Item::Role::user, Kind::input_text, "well?");
  call("twice");
  output("twice", "old");
  output("twice", "new");
  output("orphan", "of a call that was deleted");
  EXPECT_EQ(read(), (Lines{"assistant -> open", "tool open: (no result yet)", "user: well?",
                           "assistant -> twice", "tool twice: new"}));
}

TEST_F(PromptTest, ACallThatWasCutShortIsLeftOut) {
  call("cut", Item::Status::incomplete);
  call("now", Item::Status::in_progress);
  EXPECT_EQ(read(), Lines{});
}

TEST_F(PromptTest, OnlyAudioWithoutItsTranscriptAwaitsOne) {
  Item& item = message(Item::Role::user, Kind::input_audio, "");
  EXPECT_FALSE(awaits_transcript(item));
  item.content[0].has_transcript = false;
  EXPECT_TRUE(awaits_transcript(item));
  EXPECT_FALSE(awaits_transcript(message(Item::Role::user, Kind::input_text, "x")));
}

}  // namespace
}  // namespace parley::agent
