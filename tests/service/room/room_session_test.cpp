// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_session.h"

#include <memory>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/room/room_core.h"
#include "tests/service/room/room_fixture.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using test::RoomFixture;
using ::testing::IsEmpty;

TEST(RoomSession, WhenItsMailboxIsFullAnEventIsLeftAsItWas) {
  RoomFixture room;
  room.enter("transcriber");
  for (std::size_t at = 0; at < kRoomEventsWaitingMax; ++at) {
    ASSERT_EQ(room.session->push(room::ParticipantLeft{"nobody"}), PushResult::accepted) << at;
  }
  room::RoomEvent more = room::TextReceived{"ann", "lk.chat", "Still here?", {}};
  EXPECT_EQ(room.session->push(std::move(more)), PushResult::full);
  EXPECT_EQ(std::get<room::TextReceived>(more).text, "Still here?");
  room.settle();
  EXPECT_EQ(room.session->push(std::move(more)), PushResult::accepted);
}

TEST(RoomSession, NothingIsDoneInTheRoomAfterItsClose) {
  RoomFixture room({.heard = {"Too late."}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.speak("ann", 1'000ms);
  room.lines();
  room.session->close();
  room.session->close();
  EXPECT_EQ(room.session->push(room::ParticipantLeft{"ann"}), PushResult::closed);
  room.runtime.run_for(5'000ms);
  EXPECT_THAT(room.lines(), IsEmpty());
  EXPECT_FALSE(room.link->close_code) << "who closes it knows";
}

TEST(RoomSession, OneThatIsLetGoOfWithoutACloseIsClosed) {
  RoomFixture room(
      {.llm = {.replies = {{.text = "A long answer to a short question."}}}, .heard = {"Why?"}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.ask("ann");
  room.session.reset();
  room.lines();
  room.runtime.run_for(5'000ms);
  EXPECT_THAT(room.lines(), IsEmpty());
  EXPECT_EQ(room.service->sessions(), 0U);
}

TEST(RoomSession, AloneForTooLongItLeaves) {
  RoomFixture room({.request = {.alone_max = 60'000ms}});
  room.enter("assistant");
  room.join("ann", "Ann");
  room.runtime.run_for(120'000ms);
  EXPECT_FALSE(room.link->close_code) << "she is there";
  room.push(room::ParticipantLeft{"ann"});
  room.runtime.run_for(59'000ms);
  EXPECT_FALSE(room.link->close_code);
  room.runtime.run_for(2'000ms);
  EXPECT_EQ(room.link->close_code, 1001);
}

TEST(RoomSession, FinishBeforeTheRoomLetItInIsTheEnd) {
  RoomFixture room;
  room.open("assistant");
  room.session->finish();
  room.runtime.run_until_idle();
  EXPECT_EQ(room.link->close_code, 1001);
}

}  // namespace
}  // namespace parley::service
