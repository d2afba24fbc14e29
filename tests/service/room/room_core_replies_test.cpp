// SPDX-License-Identifier: Apache-2.0
//
// What an agent says in a room, when it falls silent, and its minutes.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/room/room_core.h"
#include "tests/service/room/room_fixture.h"

namespace parley::service {
namespace {

using model::LlmMessage;
using std::chrono_literals::operator""ms;
using test::RoomFixture;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(RoomCoreReplies, ItsWordsGoOutInTimeWithTheirSound) {
  RoomFixture room({.llm = {.replies = {{.text = "First sentence here. Second sentence here."}}},
                    .heard = {"Talk."}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 600ms);
  ASSERT_EQ(room.link->open.size(), 1U);
  EXPECT_THAT(room.link->open.begin()->second,
              AllOf(StartsWith("First"), Not(HasSubstr("Second sentence here."))));
  room.rest("ann", 5'000ms);
  EXPECT_THAT(room.lines(), Contains("spoke: First sentence here. Second sentence here."));
  const room::LegacyTranscription& last = room.link->legacy.back();
  EXPECT_TRUE(last.is_final);
  EXPECT_EQ(last.identity, "agent-1");
  EXPECT_EQ(last.track_sid, "TR_own_1");
}

TEST(RoomCoreReplies, WhatIsToBeSaidWaitsUntilNobodySpeaks) {
  RoomFixture room({.heard = {"Hm."}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.join("bob", "Bob");
  room.speak("ann", 600ms);
  room.push(room::CallReceived{1, "bob", room::Say{"Dinner is ready."}});
  room.speak("ann", 600ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("answer 1"), Not(Contains("sound 1"))));
  room.rest("ann", 3'000ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("sound 1"), Contains("spoke: Dinner is ready.")));
}

TEST(RoomCoreReplies, WhoSaysSomethingElseInterruptsWhatIsBeingSaid) {
  RoomFixture room;
  room.enter("assistant");
  room.join("ann", "Ann");
  room.push(room::CallReceived{1, "ann", room::Say{"One two three four. Five six seven eight."}});
  room.wait(500ms);
  room.lines();
  room.push(room::CallReceived{2, "ann", room::Say{"Stop."}});
  room.wait(2'000ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("clear 1"), Contains("spoke: Stop."),
                                  Contains(StartsWith("spoke: One"))));
}

TEST(RoomCoreReplies, AfterAnInterruptionByCallItHearsOn) {
  RoomFixture room(
      {.llm = {.replies = {{.text = "A first answer of some length."}, {.text = "Two."}}},
       .heard = {"First?", "Second?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 400ms);
  room.push(room::CallReceived{1, "ann", room::Interrupt{}});
  room.wait(100ms);
  EXPECT_THAT(room.lines(), Contains("clear 1"));
  EXPECT_EQ(room.link->states.back(), "listening");
  room.push(room::CallReceived{2, "ann", room::Interrupt{}});
  room.wait(100ms);
  EXPECT_THAT(room.lines(), ElementsAre("answer 2")) << "there is nothing to cut off";
  room.ask("ann");
  room.rest("ann", 1'500ms);
  EXPECT_THAT(room.lines(), Contains("spoke: Two."));
}

TEST(RoomCoreReplies, WhoOnlyListensRefusesCalls) {
  RoomFixture room;
  room.enter("transcriber");
  EXPECT_THAT(room.lines(), IsEmpty()) << "and has no voice";
  room.push(room::CallReceived{4, "ann", room::Say{"Hello."}});
  room.wait(10ms);
  EXPECT_THAT(room.lines(), ElementsAre("refuse 4 1500"));
}

TEST(RoomCoreReplies, AVoiceThatCannotBePublishedIsTheEnd) {
  RoomFixture room;
  room.open("assistant");
  room.push(room::Connected{"kitchen", "RM_1", {.identity = "agent-1"}});
  room.runtime.run_until_idle();
  ASSERT_EQ(room.link->published.size(), 1U);
  room.push(room::VoicePublished{room.link->published.front(),
                                 Error{ErrorCode::permission_denied, "may not publish"}});
  room.runtime.run_until_idle();
  EXPECT_EQ(room.link->close_code, 1011);
  EXPECT_EQ(room.link->close_reason, "a voice could not be published: may not publish");
}

TEST(RoomCoreReplies, AModelThatFailsLeavesTheAgentInTheRoom) {
  RoomFixture room({.llm = {.generations_max = 0}, .heard = {"One?", "Two?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 1'000ms);
  EXPECT_THAT(room.lines(), Not(Contains("sound 1")));
  EXPECT_EQ(room.link->states.back(), "listening");
  EXPECT_FALSE(room.link->close_code);
  room.ask("ann");
  EXPECT_THAT(room.lines(), Contains("said ann: Two?"));
}

TEST(RoomCoreReplies, EachPersonsTranslationIsSpokenInATrackOfItsOwn) {
  RoomFixture room({.heard = {"Guten Tag.", "Hallo."}});
  room.enter("translator");
  room.join("ann", "Ann");
  room.join("bob", "Bob");
  room.send({"ann", "bob"}, 1'000ms, true);
  room.send({"ann", "bob"}, 2'500ms, false);
  EXPECT_THAT(room.lines(),
              AllOf(Contains("publish translation:ann"), Contains("publish translation:bob"),
                    Contains("sound 1"), Contains("sound 2")));
}

TEST(RoomCoreReplies, TheTrackOfWhoHasLeftIsTakenBackWhenItHasBeenHeard) {
  RoomFixture room({.heard = {"Guten Tag."}});
  room.enter("translator");
  room.join("ann", "Ann");
  room.ask("ann");
  room.push(room::ParticipantLeft{"ann"});
  room.wait(200ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("sound 1"), Not(Contains("unpublish 1"))));
  room.wait(3'000ms);
  EXPECT_THAT(room.lines(), Contains("unpublish 1"));
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 1'000ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("publish translation:ann"), Contains("sound 2")))
      << "who comes back has a new one";
}

TEST(RoomCoreReplies, ATranslationThatIsCutOffKeepsNobodyWaiting) {
  RoomFixture room({.heard = {"Somebody says a great deal in one go, so much that it takes far "
                              "longer to say in the other language than anybody will listen to who "
                              "has left the room, or to whom it matters in the least any more."}});
  room.enter("translator");
  room.join("ann", "Ann");
  room.ask("ann");
  room.push(room::ParticipantLeft{"ann"});
  room.wait(kTrackEndPatience + 10'000ms);
  EXPECT_THAT(room.lines(), Contains("unpublish 1"));
  room.session->finish();
  room.wait(100ms);
  EXPECT_EQ(room.link->close_code, 1001);
}

TEST(RoomCoreReplies, MinutesThatNobodyCanWriteAreTheLinesAlone) {
  RoomFixture room({.llm = {.generations_max = 0}, .heard = {"Hello."}});
  room.enter("notetaker");
  room.join("ann", "Ann");
  room.ask("ann");
  room.push(room::Disconnected{.why = room::Disconnected::Why::deleted});
  room.wait(500ms);
  ASSERT_TRUE(room.minutes);
  EXPECT_EQ(room.minutes->text, "");
  ASSERT_EQ(room.minutes->lines.size(), 1U);
  EXPECT_EQ(room.minutes->lines[0].text, "Hello.");
  EXPECT_EQ(room.link->close_code, 1000);
}

TEST(RoomCoreReplies, AModelThatTakesTooLongForMinutesIsNotWaitedFor) {
  RoomFixture room({.llm = {.first_token_delay = std::chrono::seconds(90)}, .heard = {"Hello."}});
  room.enter("notetaker");
  room.join("ann", "Ann");
  room.ask("ann");
  room.push(room::Disconnected{.why = room::Disconnected::Why::deleted});
  room.wait(kMinutesPatience - 1'000ms);
  EXPECT_FALSE(room.minutes);
  EXPECT_FALSE(room.link->close_code);
  room.wait(2'000ms);
  ASSERT_TRUE(room.minutes);
  EXPECT_EQ(room.minutes->text, "");
  EXPECT_EQ(room.link->close_code, 1000);
}

TEST(RoomCoreReplies, ADrainWritesMinutesBeforeItLeaves) {
  RoomFixture room({.llm = {.replies = {{.text = "They met."}}}, .heard = {"Hello."}});
  room.enter("notetaker");
  room.join("ann", "Ann");
  room.ask("ann");
  room.session->finish();
  room.wait(1'000ms);
  ASSERT_TRUE(room.minutes);
  EXPECT_EQ(room.minutes->text, "They met.");
  EXPECT_EQ(room.link->close_code, 1001);
}

TEST(RoomCoreReplies, WhereNothingWasSaidThereAreNoMinutes) {
  RoomFixture room;
  room.enter("notetaker");
  room.join("ann", "Ann");
  room.rest("ann", 500ms);
  room.push(room::Disconnected{.why = room::Disconnected::Why::deleted});
  room.wait(500ms);
  EXPECT_FALSE(room.minutes);
  EXPECT_EQ(room.llm.seen().submitted, 0U);
  EXPECT_EQ(room.link->close_code, 1000);
}

TEST(RoomCoreReplies, LastWordsOfWhoHasLeftAreNotedUnderHisName) {
  RoomFixture room({.llm = {.replies = {{.text = "They met."}}}, .heard = {"Good bye."}});
  room.enter("notetaker");
  room.join("p-81", "Bob");
  room.speak("p-81", 1'000ms);
  room.push(room::ParticipantLeft{"p-81"});
  room.wait(1'500ms);
  room.push(room::Disconnected{.why = room::Disconnected::Why::deleted});
  room.wait(500ms);
  ASSERT_TRUE(room.minutes);
  ASSERT_EQ(room.minutes->lines.size(), 1U);
  EXPECT_EQ(room.minutes->lines[0].speaker, "Bob");
}

}  // namespace
}  // namespace parley::service
