// SPDX-License-Identifier: Apache-2.0
#include "room/room.h"

#include <gtest/gtest.h>

#include "room/addressee.h"

namespace parley::room {
namespace {

TEST(Room, KnowsWhoIsThereAndWhoseATrackIs) {
  Room room;
  EXPECT_TRUE(room.apply(Connected{"kitchen", "RM_1", {.identity = "agent-1"}}));
  EXPECT_TRUE(room.apply(ParticipantJoined{{.identity = "ann", .name = "Ann"}}));
  EXPECT_TRUE(room.apply(ParticipantJoined{{.identity = "phone", .kind = Participant::Kind::sip}}));
  EXPECT_TRUE(room.apply(ParticipantJoined{{.identity = "bot", .kind = Participant::Kind::agent}}));
  EXPECT_TRUE(room.apply(TrackPublished{"ann", {.sid = "TR_1"}}));
  EXPECT_EQ(room.sid(), "RM_1");
  EXPECT_EQ(room.self().identity, "agent-1");
  EXPECT_EQ(room.persons(), 2U);
  EXPECT_EQ(room.owner_of("TR_1")->name, "Ann");
  EXPECT_EQ(room.name_of("ann"), "Ann");
  EXPECT_EQ(room.name_of("phone"), "phone");
  EXPECT_FALSE(room.apply(TrackPublished{"nobody", {.sid = "TR_2"}}));
  EXPECT_TRUE(room.apply(ParticipantChanged{{.identity = "ann", .name = "Anna"}}));
  EXPECT_EQ(room.name_of("ann"), "Anna");
  EXPECT_TRUE(room.apply(ParticipantLeft{"ann"}));
  EXPECT_EQ(room.owner_of("TR_1"), nullptr);
  EXPECT_FALSE(room.apply(ParticipantLeft{"ann"}));
  EXPECT_EQ(room.persons(), 1U);
}

TEST(Room, HasALimit) {
  Room room;
  for (std::size_t i = 0; i < kParticipantsMax; ++i) {
    EXPECT_TRUE(room.apply(ParticipantJoined{{.identity = std::to_string(i)}}));
  }
  EXPECT_FALSE(room.apply(ParticipantJoined{{.identity = "one more"}}));
  EXPECT_TRUE(room.apply(ParticipantJoined{{.identity = "7", .name = "again"}}));
}

TEST(IsNamed, FindsANameHoweverItIsSpelled) {
  EXPECT_TRUE(is_named("Parley, what time is it?", "Parley"));
  EXPECT_TRUE(is_named("what do you think, parlay", "Parley"));
  EXPECT_TRUE(is_named("Ask par ley about it.", "Parley"));
  EXPECT_TRUE(is_named("Hello Jean-Luc!", "Jean Luc"));
  EXPECT_TRUE(is_named("hello jeanluc", "Jean Luc"));
  EXPECT_TRUE(is_named("Wie geht es, Jürgen?", "Jürgen"));
  EXPECT_TRUE(is_named("May I ask parleys opinion?", "Parley"));
  EXPECT_FALSE(is_named("We had a party.", "Parley"));
  EXPECT_FALSE(is_named("I am at home.", "Amy"));
  EXPECT_FALSE(is_named("anything", ""));
  EXPECT_FALSE(is_named("", "Parley"));
}

}  // namespace
}  // namespace parley::room
