// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_transcripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/room/room_fixture.h"

namespace parley::service {
namespace {

using media::MediaTime;
using room::Attributes;
using test::RoomSeen;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct RoomTranscriptsTest : ::testing::Test {
  RoomSeen link;
  RoomTranscripts transcripts{link, "SG_1"};
  const Speaking ann{"ann", "TR_1"};
  const Speaking self{"agent-1", "TR_own"};
};

TEST_F(RoomTranscriptsTest, EachUtteranceIsASegmentOfItsOwn) {
  EXPECT_EQ(transcripts.segment_of("TR_1", 3), "SG_1_TR_1_3");
  EXPECT_EQ(transcripts.segment_of("TR_1", 3), transcripts.segment_of("TR_1", 3));
  EXPECT_NE(transcripts.segment_of("TR_1", 4), transcripts.segment_of("TR_1", 3));
  EXPECT_NE(transcripts.segment_of("TR_2", 3), transcripts.segment_of("TR_1", 3));
  EXPECT_NE(RoomTranscripts(link, "SG_2").segment_of("TR_1", 3), transcripts.segment_of("TR_1", 3))
      << "two agents hear the same track";
}

TEST_F(RoomTranscriptsTest, WhatSomebodySaysIsAStreamInHisNameAndAPacketForOldClients) {
  transcripts.tell(ann, {.segment = "s", .text = "Hel"});
  transcripts.tell(ann, {.segment = "s",
                         .text = "Hello.",
                         .language = "en",
                         .begin = MediaTime::from_ms(100),
                         .end = MediaTime::from_ms(900),
                         .is_final = true});
  EXPECT_THAT(link.lines, ElementsAre("says ann: Hel", "said ann: Hello."));
  ASSERT_EQ(link.streams.size(), 2U);
  EXPECT_EQ(link.streams[0].attributes, (Attributes{{"lk.segment_id", "s"},
                                                    {"lk.transcribed_track_id", "TR_1"},
                                                    {"lk.transcription_final", "false"}}));
  EXPECT_EQ(link.streams[1].attributes, (Attributes{{"lk.segment_id", "s"},
                                                    {"lk.transcribed_track_id", "TR_1"},
                                                    {"lk.transcription_final", "true"},
                                                    {"parley.language", "en"}}));
  EXPECT_EQ(link.streams[0].id, "") << "a stream of its own each time";
  ASSERT_EQ(link.legacy.size(), 2U);
  EXPECT_FALSE(link.legacy[0].is_final);
  const room::LegacyTranscription& final = link.legacy[1];
  EXPECT_EQ(final.identity, "ann");
  EXPECT_EQ(final.track_sid, "TR_1");
  EXPECT_EQ(final.segment, "s");
  EXPECT_EQ(final.text, "Hello.");
  EXPECT_EQ(final.language, "en");
  EXPECT_EQ(final.begin, MediaTime::from_ms(100));
  EXPECT_EQ(final.end, MediaTime::from_ms(900));
  EXPECT_TRUE(final.is_final);
}

TEST_F(RoomTranscriptsTest, ATranslationNamesWhatItTranslatesAndOldClientsAreNotToldOfIt) {
  transcripts.tell_translation(ann, {.segment = "s", .text = "Hello.", .is_final = true}, "en");
  ASSERT_EQ(link.streams.size(), 1U);
  EXPECT_EQ(link.streams[0].sender, "ann");
  EXPECT_EQ(link.streams[0].attributes, (Attributes{{"lk.segment_id", "s_en"},
                                                    {"lk.transcribed_track_id", "TR_1"},
                                                    {"lk.transcription_final", "true"},
                                                    {"parley.segment", "s"},
                                                    {"parley.translation", "en"}}));
  EXPECT_THAT(link.legacy, IsEmpty()) << "it would take the place of what was said";
}

TEST_F(RoomTranscriptsTest, OurOwnWordsGrowAndEnd) {
  transcripts.speak(self, "item", "Good");
  EXPECT_EQ(link.open.at("SG_1_item"), "Good");
  transcripts.speak(self, "item", " day.");
  EXPECT_EQ(link.open.at("SG_1_item"), "Good day.");
  EXPECT_EQ(transcripts.spoken("item"), "Good day.");
  transcripts.end_speech(self, "item");
  EXPECT_THAT(link.lines, ElementsAre("spoke: Good day."));
  EXPECT_EQ(transcripts.spoken("item"), "");
  std::vector<std::string> legacy;
  for (const room::LegacyTranscription& one : link.legacy) {
    EXPECT_EQ(one.identity, "agent-1");
    EXPECT_EQ(one.track_sid, "TR_own");
    EXPECT_EQ(one.segment, "SG_1_item");
    legacy.push_back(one.text + (one.is_final ? "!" : ""));
  }
  EXPECT_THAT(legacy, ElementsAre("Good", "Good day.", "Good day.!"));
}

TEST_F(RoomTranscriptsTest, WhatHasNotBegunHasNoEnd) {
  transcripts.end_speech(self, "item");
  transcripts.end_speeches(self);
  EXPECT_EQ(transcripts.spoken("item"), "");
  EXPECT_THAT(link.lines, IsEmpty());
  EXPECT_THAT(link.legacy, IsEmpty());
}

TEST_F(RoomTranscriptsTest, AnInterruptionEndsAllOfThem) {
  transcripts.speak(self, "b", "Two");
  transcripts.speak(self, "a", "One");
  transcripts.end_speeches(self);
  EXPECT_THAT(link.lines, ElementsAre("spoke: One", "spoke: Two"));
  EXPECT_THAT(link.open, IsEmpty());
}

}  // namespace
}  // namespace parley::service
