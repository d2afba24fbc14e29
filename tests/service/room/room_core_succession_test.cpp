// SPDX-License-Identifier: Apache-2.0
//
// Agents that come one after the other into the same room: what the later one knows, and that no
// word is lost between them. Each has a room of the fixture to itself, and one store is theirs.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/realtime/kept_records.h"
#include "service/room/room_core.h"
#include "service/room/room_memory.h"
#include "service/room/room_notes.h"
#include "tests/service/room/room_fixture.h"
#include "tests/support/watched_backend.h"

namespace parley::service {
namespace {

using model::LlmMessage;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using test::ManualStore;
using test::RoomFixture;
using test::RoomFixtureOptions;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kConversation = "conv_RM_1";

/// An agent whose conversation is kept; `seed` tells it from others.
class KeptRoom : public RoomFixture {
 public:
  KeptRoom(ManualStore& store, std::uint64_t seed, RoomFixtureOptions options = {})
      : RoomFixture(with(store, seed, std::move(options))), store_(store) {}

  void come(const std::string& agent) {
    enter(agent);
    keep();
  }
  /// Lets store and session talk.
  void keep() {
    for (int turn = 0; turn < 4; ++turn) {
      store_.run();
      settle();
    }
  }
  [[nodiscard]] std::vector<std::string> read() {
    std::vector<std::string> texts;
    for (const LlmMessage& message : llm.seen().last_prompt.messages) {
      if (message.role != LlmMessage::Role::system) texts.push_back(message.text);
    }
    return texts;
  }

 private:
  static RoomFixtureOptions with(ManualStore& store, std::uint64_t seed,
                                 RoomFixtureOptions options) {
    options.service.seed = seed;
    options.service.keeping.store = &*store.store;
    options.request.conversation = kConversation;
    return options;
  }
  ManualStore& store_;
};

RoomFixtureOptions after(const std::string& predecessor, RoomFixtureOptions options = {}) {
  options.request.takes_over = true;
  options.request.predecessor = predecessor;
  options.request.predecessor_patience = 12s;
  return options;
}

room::Participant agent_in(const std::string& identity, room::Attributes attributes = {}) {
  return {.identity = identity,
          .kind = room::Participant::Kind::agent,
          .attributes = std::move(attributes)};
}

// --- what is known -------------------------------------------------------------------------------

TEST(RoomCoreSuccession, TheNextAgentOfARoomKnowsWhatWasSaid) {
  ManualStore store;
  KeptRoom first(store, 1,
                 {.llm = {.replies = {{.text = "Nice to meet you."}}}, .heard = {"I am Ann."}});
  first.come("assistant");
  first.join("ann", "Ann");
  first.ask("ann");
  first.rest("ann", 2000ms);
  first.keep();  // and its process dies
  KeptRoom second(store, 2, {.llm = {.replies = {{.text = "Ann."}}}, .heard = {"Who am I?"}});
  second.come("assistant");
  second.join("ann", "Ann");
  second.ask("ann");
  second.rest("ann", 1000ms);
  EXPECT_THAT(second.read(), ElementsAre("Ann: I am Ann.", "Nice to meet you.", "Ann: Who am I?"));
  EXPECT_THAT(second.lines(), Contains("spoke: Ann."));
}

TEST(RoomCoreSuccession, WhatTheLastAgentWasAskedIsAnswered) {
  ManualStore store;
  agent::Item asked;
  asked.id = "item_1";
  asked.content.emplace_back().text = "Ann: Two and two?";
  store::Batch batch;
  batch.conversation = kConversation;
  batch.birth = store::Birth{};
  batch.changes.emplace_back(store::PutItem{{"item_1", 0, kept_json(asked, {})}});
  store.store->append(std::move(batch), [](const Status& kept) { EXPECT_TRUE(kept); });
  store.run();
  RoomFixtureOptions options{.llm = {.replies = {{.text = "Four."}}}};
  KeptRoom again(store, 1, options);
  again.come("assistant");
  again.join("ann", "Ann");
  again.rest("ann", 1000ms);
  EXPECT_THAT(again.lines(), Not(Contains("spoke: Four."))) << "who comes anew waits";
  KeptRoom heir(store, 2, after("", options));
  heir.come("assistant");
  heir.join("ann", "Ann");
  heir.rest("ann", 2000ms);
  EXPECT_THAT(heir.lines(), Contains("spoke: Four."));
}

TEST(RoomCoreSuccession, OnlyTheFirstAgentGreets) {
  ManualStore store;
  RoomFixtureOptions options;
  options.request.greeting = "Hello.";
  KeptRoom first(store, 1, options);
  first.come("assistant");
  first.join("ann", "Ann");
  first.rest("ann", 1000ms);
  first.keep();
  EXPECT_THAT(first.lines(), Contains("spoke: Hello."));
  KeptRoom second(store, 2, options);
  second.come("assistant");
  second.join("ann", "Ann");
  second.rest("ann", 1000ms);
  EXPECT_THAT(second.lines(), Not(Contains("sound 1")));
}

TEST(RoomCoreSuccession, InstructionsThatWereGivenStay) {
  ManualStore store;
  KeptRoom first(store, 1);
  first.come("assistant");
  first.push(room::CallReceived{1, "ann", room::SetInstructions{"Be brief."}});
  first.push(room::CallReceived{2, "ann", room::SetInstructions{"Rhyme."}});
  first.keep();
  KeptRoom second(store, 2, {.heard = {"Hello."}});
  second.come("assistant");
  second.join("ann", "Ann");
  second.ask("ann");
  second.rest("ann", 500ms);
  EXPECT_THAT(second.last_of(LlmMessage::Role::system), HasSubstr("Rhyme."));
  EXPECT_THAT(second.read(), ElementsAre("Ann: Hello.")) << "no model reads them as words";
}

TEST(RoomCoreSuccession, MinutesHaveWhatTheFirstAgentNoted) {
  ManualStore store;
  KeptRoom first(store, 1, {.heard = {"We meet on Monday."}});
  first.come("notetaker");
  first.join("ann", "Ann");
  first.ask("ann");
  first.keep();
  KeptRoom second(store, 2,
                  {.llm = {.replies = {{.text = "Monday it is."}}}, .heard = {"At noon."}});
  second.come("notetaker");
  second.join("ann", "Ann");
  second.ask("ann");
  second.push(room::Disconnected{.why = room::Disconnected::Why::deleted});
  second.wait(1000ms);
  ASSERT_TRUE(second.minutes);
  ASSERT_EQ(second.minutes->lines.size(), 2U);
  EXPECT_EQ(second.minutes->lines[0].speaker, "Ann");
  EXPECT_EQ(second.minutes->lines[0].text, "We meet on Monday.");
  EXPECT_EQ(second.minutes->lines[1].text, "At noon.");
  EXPECT_GE(second.minutes->lines[1].at_ms, second.minutes->lines[0].at_ms);
  EXPECT_EQ(second.minutes->text, "Monday it is.");
}

TEST(RoomCoreSuccession, AStoreThatFailsCostsNobodyTheAgent) {
  ManualStore store;
  store.backend->failure = Error{ErrorCode::unavailable, "away"};
  KeptRoom room(store, 1, {.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
  room.come("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 1500ms);
  room.keep();
  EXPECT_THAT(room.lines(), Contains("spoke: Four."));
  EXPECT_FALSE(room.link->close_code);
}

TEST(RoomCoreSuccession, AStoreThatDoesNotAnswerIsNotWaitedForLong) {
  ManualStore store;
  KeptRoom room(store, 1, {.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  EXPECT_THAT(room.link->states, IsEmpty()) << "it is not at work";
  room.push(room::CallReceived{1, "ann", room::Interrupt{}});
  room.rest("ann", 6000ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("refuse 1 1500"), Contains("said ann: Two and two?"),
                                  Contains("spoke: Four.")));
}

TEST(RoomCoreSuccession, NotesAreReadAsTheyWereWritten) {
  const agent::Item line = kept_line("line_1", {"Ann", "We meet: Monday.", 1200});
  ASSERT_TRUE(line_of(line));
  EXPECT_EQ(line_of(line)->speaker, "Ann");
  EXPECT_EQ(line_of(line)->text, "We meet: Monday.");
  EXPECT_EQ(line_of(line)->at_ms, 1200);
  EXPECT_FALSE(instructions_of(line));
  const agent::Item given = kept_instructions("Rhyme.");
  EXPECT_EQ(instructions_of(given), "Rhyme.");
  EXPECT_FALSE(line_of(given));
  EXPECT_TRUE(is_note(line) && is_note(given));
  agent::Item other;
  other.id = "line_2";
  EXPECT_FALSE(line_of(other));
  other.id = "item_1";
  EXPECT_FALSE(is_note(other));
}

// --- a place that is taken -----------------------------------------------------------------------

TEST(RoomCoreSuccession, WhoComesWhileAnotherIsThereListensAndSaysNothing) {
  RoomFixture room(after("agent-0", {.heard = {"One.", "Two."}}));
  room.enter("transcriber");
  room.push(room::ParticipantJoined{agent_in("agent-0")});
  room.join("ann", "Ann");
  EXPECT_THAT(room.link->states, IsEmpty());
  room.rest("ann", 400ms);
  EXPECT_THAT(room.link->states, ElementsAre("idle")) << "it hears";
  room.ask("ann");
  room.rest("ann", 1000ms);
  EXPECT_THAT(room.lines(), ElementsAre("subscribe TR_ann"));
  // An utterance that the other one does not hear to its end.
  room.speak("ann", 500ms);
  room.push(room::ParticipantChanged{agent_in("agent-0", {{kHandedOverAttribute, "true"}})});
  room.speak("ann", 500ms);
  room.rest("ann", 800ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("said ann: Two."), Not(Contains("said ann: One."))));
  EXPECT_THAT(room.link->states, ElementsAre("idle", "listening"));
}

TEST(RoomCoreSuccession, WhatWasSaidJustBeforeTheOtherWasCutOffIsToldAgain) {
  RoomFixture room(after("agent-0", {.heard = {"One.", "Two."}}));
  room.enter("transcriber");
  room.push(room::ParticipantJoined{agent_in("agent-0")});
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 1500ms);
  room.ask("ann");
  room.push(room::ParticipantLeft{"agent-0"});
  room.rest("ann", 500ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("said ann: Two."), Not(Contains("said ann: One."))));
}

TEST(RoomCoreSuccession, WhoeverIsGoneIsNotWaitedFor) {
  RoomFixture room(after("agent-0", {.heard = {"One."}}));
  room.enter("transcriber");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 500ms);
  EXPECT_THAT(room.lines(), Contains("said ann: One."));
}

TEST(RoomCoreSuccession, WhoeverDoesNotGoIsNotWaitedForLong) {
  RoomFixture room(after("agent-0", {.heard = {"One.", "Two."}}));
  room.enter("transcriber");
  room.push(room::ParticipantJoined{agent_in("agent-0")});
  room.join("ann", "Ann");
  room.rest("ann", 12'000ms);
  room.ask("ann");
  EXPECT_THAT(room.lines(), Contains("said ann: One."));
}

TEST(RoomCoreSuccession, WhatWasWrittenToTheOtherIsNotAnsweredTwice) {
  RoomFixture room(after("agent-0", {.llm = {.replies = {{.text = "Yes."}}}}));
  room.enter("assistant");
  room.push(room::ParticipantJoined{agent_in("agent-0")});
  room.join("ann", "Ann");
  room.push(room::TextReceived{"ann", "lk.chat", "Are you there?"});
  room.rest("ann", 1000ms);
  room.push(room::TextReceived{"ann", "lk.chat", "And now?"});
  room.push(room::ParticipantChanged{agent_in("agent-0", {{kHandedOverAttribute, "true"}})});
  room.rest("ann", 1000ms);
  EXPECT_EQ(room.last_of(LlmMessage::Role::user), "Ann: And now?");
  EXPECT_EQ(room.llm.seen().last_prompt.messages.size(), 2U);
}

// --- a place that is given away ------------------------------------------------------------------

TEST(RoomCoreSuccession, ItGoesWhenItsSuccessorIsThereAndNobodySpeaks) {
  RoomFixture room({.heard = {"One."}});
  room.enter("transcriber");
  room.join("ann", "Ann");
  room.speak("ann", 500ms);
  room.session->hand_over("agent-2");
  room.push(room::ParticipantJoined{agent_in("agent-2", {{kStateAttribute, "initializing"}})});
  room.speak("ann", 500ms);
  room.rest("ann", 1500ms);
  EXPECT_THAT(room.lines(), Contains("said ann: One."));
  EXPECT_FALSE(room.link->close_code) << "who is to come does not hear yet";
  room.push(room::ParticipantChanged{agent_in("agent-2", {{kStateAttribute, "idle"}})});
  room.rest("ann", 100ms);
  EXPECT_EQ(room.link->states.back(), "true") << "handed over";
  EXPECT_FALSE(room.link->close_code);
  room.push(room::ParticipantChanged{agent_in("agent-2", {{kStateAttribute, "listening"}})});
  room.rest("ann", 100ms);
  EXPECT_EQ(room.link->close_code, 1001);
}

TEST(RoomCoreSuccession, WhatIsBeingSaidIsHeardToItsEndAndAnsweredFirst) {
  RoomFixture room({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.push(room::ParticipantJoined{agent_in("agent-2", {{kStateAttribute, "idle"}})});
  room.speak("ann", 500ms);
  room.session->hand_over("agent-2");
  room.speak("ann", 500ms);
  EXPECT_NE(room.link->states.back(), "true");
  room.rest("ann", 600ms);
  EXPECT_NE(room.link->states.back(), "true") << "it is answering";
  room.rest("ann", 3000ms);
  EXPECT_THAT(room.lines(), Contains("spoke: Four."));
  EXPECT_EQ(room.link->close_code, 1001) << "its successor did not say that it has begun";
}

TEST(RoomCoreSuccession, ANotetakerThatIsSucceededWritesNoMinutes) {
  ManualStore store;
  KeptRoom room(store, 1, {.heard = {"We meet on Monday."}});
  room.come("notetaker");
  room.join("ann", "Ann");
  room.push(room::ParticipantJoined{agent_in("agent-2", {{kStateAttribute, "idle"}})});
  room.ask("ann");
  room.session->hand_over("agent-2");
  room.rest("ann", 1000ms);
  room.keep();
  room.rest("ann", 1500ms);
  EXPECT_EQ(room.link->close_code, 1001);
  EXPECT_FALSE(room.minutes);
}

}  // namespace
}  // namespace parley::service
