// SPDX-License-Identifier: Apache-2.0
//
// What a program is told of its agent, and how the agent follows it.
#include "service/room/agent_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/room/room_fixture.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using test::RoomFixture;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string line_of(const AgentEvent& event) {
  if (const auto* in = std::get_if<AgentEntered>(&event)) return in->identity + " in " + in->room;
  if (const auto* said = std::get_if<WordsSaid>(&event)) {
    return said->name + (said->is_final ? " said: " : " says: ") + said->text;
  }
  if (const auto* other = std::get_if<WordsTranslated>(&event)) {
    return other->name + " in " + other->to + ": " + other->text;
  }
  if (const auto* came = std::get_if<ParticipantCame>(&event)) {
    return "+" + came->participant.identity;
  }
  if (const auto* went = std::get_if<ParticipantWent>(&event)) return "-" + went->identity;
  if (const auto* state = std::get_if<AgentStateChanged>(&event)) return state->state;
  if (const auto* refused = std::get_if<CommandRefused>(&event)) {
    return refused->command + ": " + refused->why;
  }
  return "?";
}

struct Told {
  std::vector<std::string> lines;
  std::vector<WordsSaid> said;

  RoomRequest request() {
    RoomRequest request;
    request.events = [this](AgentEvent event) {
      if (const auto* words = std::get_if<WordsSaid>(&event)) said.push_back(*words);
      lines.push_back(line_of(event));
    };
    return request;
  }
};

TEST(AgentEvent, TellsWhoIsThereWhatIsSaidAndWhatTheAgentDoes) {
  Told told;
  RoomFixture room({.llm = {.replies = {{.text = "Four."}}},
                    .heard = {"Two and two?"},
                    .request = told.request()});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 1000ms);
  room.push(room::ParticipantLeft{"ann"});
  room.settle();
  EXPECT_THAT(told.lines, ElementsAre("agent-1 in kitchen", "listening", "+ann",
                                      "Ann says: Two and two?", "Ann says: Two and two?",
                                      "Ann said: Two and two?", "thinking", "Parley says: Four.",
                                      "speaking", "Parley said: Four.", "listening", "-ann"));
  ASSERT_EQ(told.said.size(), 5U);
  EXPECT_EQ(told.said[2].identity, "ann");
  EXPECT_EQ(told.said[2].segment, told.said[0].segment);
  EXPECT_FALSE(told.said[2].is_own);
  EXPECT_GT(told.said[2].end_ms, told.said[2].begin_ms);
  EXPECT_EQ(told.said[3].identity, "agent-1");
  EXPECT_TRUE(told.said[4].is_own);
  EXPECT_EQ(told.said[3].segment, told.said[4].segment);
}

TEST(AgentEvent, TranslationsNameTheSegmentThatTheyTranslate) {
  Told told;
  RoomFixture room({.heard = {"Hola.", "Hello."}, .request = told.request()});
  room.enter("translator");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 1000ms);
  EXPECT_THAT(told.lines, Contains(StartsWith("Ann in en: ")));
  EXPECT_THAT(told.lines, Contains(StartsWith("Ann said: ")));
}

TEST(AgentEvent, TheAgentSaysWhatTheProgramWantsAndIsSilentWhenItWants) {
  Told told;
  RoomFixture room(
      {.llm = {.replies = {{.text = "Yes."}}}, .heard = {"Well?"}, .request = told.request()});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.push(room::Command{room::Say{"First sentence here. Second sentence here."}});
  room.wait(200ms);
  EXPECT_THAT(told.lines, Contains("speaking"));
  room.push(room::Command{room::Interrupt{}});
  room.wait(200ms);
  EXPECT_EQ(told.lines.back(), "listening");
  EXPECT_THAT(told.lines, Not(Contains(HasSubstr("said: First sentence here. Second"))));
  room.push(room::Command{room::SetInstructions{"Speak like a pirate."}});
  room.ask("ann");
  room.rest("ann", 1000ms);
  EXPECT_THAT(room.last_of(model::LlmMessage::Role::system), HasSubstr("Speak like a pirate."));
  EXPECT_THAT(room.link->lines, Not(Contains(StartsWith("answer")))) << "nobody called";
}

TEST(AgentEvent, OneThatOnlyListensSaysThatItCannotSpeak) {
  Told told;
  RoomFixture room({.request = told.request()});
  room.enter("transcriber");
  told.lines.clear();
  room.push(room::Command{room::Say{"Hello."}});
  room.push(room::Command{room::Interrupt{}});
  room.settle();
  EXPECT_THAT(told.lines,
              ElementsAre("say: this agent only listens", "interrupt: this agent only listens"));
  EXPECT_THAT(room.link->sound, IsEmpty());
}

}  // namespace
}  // namespace parley::service
