// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_core.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

TEST(RoomCore, WhatTheOnlyOtherPersonSaysIsAnswered) {
  RoomFixture room({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
  room.enter("assistant");
  EXPECT_THAT(room.lines(), ElementsAre("publish voice"));
  EXPECT_THAT(room.link->methods, ElementsAre("say", "interrupt", "set_instructions"));
  room.join("ann", "Ann");
  EXPECT_THAT(room.lines(), ElementsAre("subscribe TR_ann"));
  room.ask("ann");
  room.rest("ann", 1000ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("said ann: Two and two?"), Contains("sound 1"),
                                  Contains("spoke: Four.")));
  EXPECT_EQ(room.last_of(LlmMessage::Role::user), "Ann: Two and two?");
  EXPECT_THAT(room.last_of(LlmMessage::Role::system), HasSubstr("Your name is Parley."));
  EXPECT_THAT(room.link->states, ElementsAre("listening", "thinking", "speaking", "listening"));
}

TEST(RoomCore, InCompanyItAnswersWhoeverCallsItByName) {
  RoomFixture room({.llm = {.replies = {{.text = "Four."}}},
                    .heard = {"Shall we eat?", "Parlay, what is two and two?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.join("bob", "");
  room.ask("bob");
  room.rest("bob", 1000ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("said bob: Shall we eat?"), Not(Contains("sound 1"))));
  room.ask("ann");
  room.rest("ann", 1000ms);
  EXPECT_THAT(room.lines(), Contains("sound 1"));
  std::vector<std::string> read;
  for (const LlmMessage& message : room.llm.seen().last_prompt.messages) {
    if (message.role == LlmMessage::Role::user) read.push_back(message.text);
  }
  EXPECT_THAT(read, ElementsAre("bob: Shall we eat?", "Ann: Parlay, what is two and two?"));
}

TEST(RoomCore, WhoGoesOnBeforeAnythingOfTheAnswerIsHeardIsAnsweredAfterwards) {
  RoomFixture room({.llm = {.replies = {{.text = "Four."}}, .first_token_delay = 500ms},
                    .heard = {"Parley, please.", "What is two and two?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.join("bob", "Bob");
  room.ask("ann");
  room.ask("ann");
  EXPECT_EQ(room.link->sound[1], 0U) << "what was begun is not said";
  room.rest("ann", 1500ms);
  EXPECT_THAT(room.lines(), Contains(StartsWith("spoke: Four")));
  std::vector<std::string> read;
  for (const LlmMessage& message : room.llm.seen().last_prompt.messages) {
    if (message.role == LlmMessage::Role::user) read.push_back(message.text);
  }
  EXPECT_THAT(read, ElementsAre("Ann: Parley, please.", "Ann: What is two and two?"));
}

TEST(RoomCore, InCompanyWhoGoesOnIsAnsweredAndWhoCutsInIsNot) {
  RoomFixture room(
      {.llm = {.replies = {{.text = "First sentence here. Second sentence here."}}},
       // Each is heard twice while it is said.
       .heard = {"", "", "Parley, please.", "", "", "Tell us more.", "", "", "Well, well."}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.join("bob", "Bob");
  room.ask("ann");
  room.rest("ann", 600ms);
  EXPECT_GT(room.link->sound[1], 0U);
  room.ask("ann");
  room.lines();
  room.rest("ann", 600ms);
  EXPECT_THAT(room.lines(), Contains("sound 1"));
  room.ask("bob");
  room.lines();
  room.rest("bob", 1500ms);
  EXPECT_THAT(room.lines(), Not(Contains("sound 1")));
}

TEST(RoomCore, WhoBeginsToSpeakSilencesItAndTheConversationKeepsWhatWasHeard) {
  RoomFixture room({.llm = {.replies = {{.text = "First sentence here. Second sentence here."},
                                        {.text = "Fine."}}},
                    .heard = {"Talk.", "Stop it."}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 600ms);
  room.lines();
  room.speak("ann", 400ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("clear 1"), Contains(StartsWith("spoke: First"))));
  const std::size_t heard = room.link->sound[1];
  room.speak("ann", 600ms);
  EXPECT_EQ(room.link->sound[1], heard) << "silent";
  room.rest("ann", 1500ms);
  EXPECT_THAT(room.last_of(LlmMessage::Role::assistant),
              AllOf(StartsWith("First"), Not(HasSubstr("Second sentence here."))));
}

TEST(RoomCore, EverybodysSpeechIsTextUnderHisName) {
  RoomFixture room({.heard = {"One.", "Two.", "Three."}});
  room.enter("transcriber");
  for (const char* one : {"ann", "bob", "cat"}) room.join(one, one);
  room.join("robot", "Robot", room::Participant::Kind::agent);
  EXPECT_THAT(room.lines(), ElementsAre("subscribe TR_ann", "subscribe TR_bob", "subscribe TR_cat"))
      << "agents are not listened to";
  room.send({"ann", "bob", "cat"}, 1000ms, true);
  room.send({"ann", "bob", "cat"}, 800ms, false);
  std::vector<std::string> speakers;
  std::set<std::string> segments;
  for (const room::TextStream& one : room.link->streams) {
    if (one.attributes.at("lk.transcription_final") != "true") continue;
    speakers.push_back(one.sender);
    segments.insert(one.attributes.at("lk.segment_id"));
    EXPECT_EQ(one.attributes.at("lk.transcribed_track_id"), "TR_" + one.sender);
  }
  EXPECT_THAT(speakers, UnorderedElementsAre("ann", "bob", "cat"));
  EXPECT_EQ(segments.size(), 3U);
  EXPECT_FALSE(room.link->legacy.empty());
}

TEST(RoomCore, InterimTextsHaveTheSegmentOfTheirFinal) {
  RoomFixture room;
  room.enter("transcriber");
  room.join("ann", "Ann");
  room.speak("ann", 2000ms);
  room.rest("ann", 800ms);
  std::set<std::string> segments;
  bool has_interim = false;
  for (const room::TextStream& one : room.link->streams) {
    segments.insert(one.attributes.at("lk.segment_id"));
    has_interim |= one.attributes.at("lk.transcription_final") == "false";
  }
  EXPECT_TRUE(has_interim);
  EXPECT_EQ(segments.size(), 1U);
}

TEST(RoomCore, AMutedMicrophoneEndsTheUtterance) {
  RoomFixture room({.heard = {"I will mute myself."}});
  room.enter("transcriber");
  room.join("ann", "Ann");
  room.speak("ann", 1000ms);
  room.lines();
  room.push(room::TrackMuted{"TR_ann", true});
  room.wait(1500ms);
  EXPECT_THAT(room.lines(), Contains("said ann: I will mute myself."));
}

TEST(RoomCore, SoundThatNoLongerComesEndsTheUtteranceAndWhoLeavesIsHeardToTheEnd) {
  RoomFixture room({.heard = {"Lost.", "Good bye."}});
  room.enter("transcriber");
  room.join("ann", "Ann");
  room.join("bob", "Bob");
  room.speak("ann", 1000ms);
  room.wait(1500ms);
  EXPECT_THAT(room.lines(), Contains("said ann: Lost."));
  room.speak("bob", 1000ms);
  room.push(room::ParticipantLeft{"bob"});
  room.wait(1500ms);
  EXPECT_THAT(room.lines(), Contains("said bob: Good bye."));
}

TEST(RoomCore, ATrackThatIsThereAgainWhileItsLastWordsAreToldIsHeardOn) {
  RoomFixture room({.heard = {"Let us begin, shall we?", "Where were we?"}});
  room.enter("transcriber");
  room.join("ann", "Ann");
  room.speak("ann", 600ms);
  room.lines();
  // As LiveKit's client tells of a connection that was made anew.
  room.push(room::TrackUnpublished{"ann", "TR_ann"});
  room.push(room::ParticipantLeft{"ann"});
  room.push(room::ParticipantJoined{{.identity = "ann", .name = "Ann"}});
  room.push(room::TrackPublished{"ann", {.sid = "TR_ann"}});
  room.settle();
  EXPECT_THAT(room.lines(), Contains("subscribe TR_ann"));
  room.rest("ann", 8000ms);
  room.ask("ann");
  EXPECT_THAT(room.lines(), Contains("said ann: Where were we?"));
}

TEST(RoomCore, ATranslationIsTextBesideItsSegmentAndATrackOfItsOwn) {
  RoomFixture room({.heard = {"Guten Tag."}});
  room.enter("translator");
  room.join("ann", "Ann");
  room.ask("ann");
  room.rest("ann", 1000ms);
  EXPECT_THAT(room.lines(),
              AllOf(Contains("said ann: Guten Tag."), Contains("in en ann: Guten Tag."),
                    Contains("publish translation:ann"), Contains("sound 1")));
  std::string translated;
  std::string segment;
  for (const room::TextStream& one : room.link->streams) {
    const auto of = one.attributes.find("parley.segment");
    if (of == one.attributes.end()) {
      segment = one.attributes.at("lk.segment_id");
    } else {
      translated = of->second;
    }
  }
  EXPECT_EQ(segment, translated);
}

TEST(RoomCore, ARoomThatWasMadeAnewUnderTheNameOfItsOwnIsLeft) {
  RoomFixture room({.request = {.room_sid = "RM_0"}});
  room.enter("transcriber");
  EXPECT_EQ(room.link->close_code, 1000);
  EXPECT_THAT(room.link->close_reason, HasSubstr("another of its name"));
}

TEST(RoomCore, MinutesAreWrittenWhenTheRoomIsOver) {
  RoomFixture room({.llm = {.replies = {{.text = "They met."}}}, .heard = {"Hello.", "Hi."}});
  room.enter("notetaker");
  room.join("ann", "Ann");
  room.join("bob", "Bob");
  room.ask("ann");
  room.ask("bob");
  EXPECT_FALSE(room.minutes);
  room.push(room::Disconnected{.why = room::Disconnected::Why::deleted});
  room.wait(500ms);
  ASSERT_TRUE(room.minutes);
  EXPECT_EQ(room.minutes->room, "kitchen");
  EXPECT_EQ(room.minutes->text, "They met.");
  ASSERT_EQ(room.minutes->lines.size(), 2U);
  EXPECT_EQ(room.minutes->lines[1].speaker, "Bob");
  EXPECT_EQ(room.minutes->lines[1].text, "Hi.");
  EXPECT_EQ(room.link->close_code, 1000);
}

TEST(RoomCore, AGreetingIsSaidWordForWord) {
  RoomFixture room({.request = {.greeting = "Good morning to you."}});
  room.enter("assistant");
  room.wait(3000ms);
  EXPECT_THAT(room.lines(), Contains("spoke: Good morning to you."));
}

TEST(RoomCore, CallsMakeItSayThingsFallSilentAndChange) {
  RoomFixture room({.llm = {.replies = {{.text = "Aye."}}}, .heard = {"Well?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.push(room::CallReceived{
      7, "ann", room::Say{"One two three four. Five six seven eight. Nine ten, and so on."}});
  room.wait(500ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("answer 7"), Contains("sound 1")));
  room.push(room::CallReceived{8, "ann", room::Interrupt{}});
  room.wait(100ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("answer 8"), Contains("clear 1")));
  room.push(room::CallReceived{9, "ann", room::SetInstructions{"Speak like a pirate."}});
  room.ask("ann");
  room.rest("ann", 500ms);
  EXPECT_THAT(room.last_of(LlmMessage::Role::system), StartsWith("Speak like a pirate."));
  EXPECT_THAT(room.last_of(LlmMessage::Role::assistant), Not(HasSubstr("Nine")))
      << "what was not heard is not in the conversation";
}

TEST(RoomCore, WrittenWordsAreAnsweredWhoeverIsThere) {
  RoomFixture room({.llm = {.replies = {{.text = "Four."}}}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.join("bob", "Bob");
  room.push(room::TextReceived{"ann", "lk.chat", "Two and two?", {}});
  room.wait(1500ms);
  EXPECT_THAT(room.lines(), Contains("spoke: Four."));
  EXPECT_EQ(room.last_of(LlmMessage::Role::user), "Ann: Two and two?");
}

TEST(RoomCore, ADrainWaitsForTheLastWordAndTheAnswer) {
  RoomFixture room({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.speak("ann", 1000ms);
  room.session->finish();
  room.runtime.run_until_idle();
  EXPECT_FALSE(room.link->close_code) << "somebody speaks";
  room.rest("ann", 600ms);
  room.rest("ann", 1500ms);
  EXPECT_THAT(room.lines(), AllOf(Contains("said ann: Two and two?"), Contains("spoke: Four.")));
  EXPECT_EQ(room.link->close_code, 1001);
}

TEST(RoomCore, ItEndsWithTheRoomAndFailsWithTheConnection) {
  RoomFixture gone;
  gone.enter("transcriber");
  gone.push(room::Disconnected{.why = room::Disconnected::Why::removed});
  gone.wait(10ms);
  EXPECT_EQ(gone.link->close_code, 1000);
  RoomFixture failed;
  failed.enter("assistant");
  failed.push(room::Disconnected{.error = {ErrorCode::unavailable, "the server is away"}});
  failed.wait(10ms);
  EXPECT_EQ(failed.link->close_code, 1011);
  EXPECT_EQ(failed.link->close_reason, "the server is away");
}

TEST(RoomCore, ARoomThatLetsNobodyInIsGivenUp) {
  RoomFixture room;
  room.open("assistant");
  room.wait(19'000ms);
  EXPECT_FALSE(room.link->close_code);
  room.wait(1'500ms);
  EXPECT_EQ(room.link->close_code, 1011);
}

}  // namespace
}  // namespace parley::service
