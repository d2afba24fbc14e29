// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_service.h"

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/room/room_fixture.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using test::RoomFixture;
using test::RoomSeen;

class RoomServiceTest : public ::testing::Test {
 protected:
  /// One more room beside the fixture's.
  Result<std::shared_ptr<RoomSession>> open(std::shared_ptr<RoomSeen> link) {
    auto graph = room::AgentGraph::in_the_box("transcriber");
    EXPECT_TRUE(graph);
    RoomRequest request;
    request.agent = "transcriber";
    request.graph = std::make_shared<room::AgentGraph>(std::move(*graph));
    return rooms.service->open(std::move(request), std::move(link));
  }
  [[nodiscard]] double metric(const std::string& name) {
    const std::string text = rooms.metrics.render();
    const std::size_t at = text.find("\n" + name + " ");
    EXPECT_NE(at, std::string::npos) << name;
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  RoomFixture rooms{{.service = {.defaults = {}, .sessions_max = 2}}};
};

TEST_F(RoomServiceTest, CountsRoomsAndRefusesThemAtTheLimit) {
  EXPECT_EQ(rooms.service->sessions(), 0U);
  auto first = open(std::make_shared<RoomSeen>());
  auto second = open(std::make_shared<RoomSeen>());
  ASSERT_TRUE(first && second);
  EXPECT_NE((*first)->id(), (*second)->id());
  EXPECT_TRUE((*first)->id().starts_with("sess_"));
  EXPECT_EQ(rooms.service->sessions(), 2U);
  const auto third = open(std::make_shared<RoomSeen>());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(third.error().message, "all 2 sessions are taken");
  EXPECT_EQ(metric("parley_room_sessions_refused_total"), 1.0);
  (*first)->close();
  EXPECT_EQ(rooms.service->sessions(), 1U);
  EXPECT_TRUE(open(std::make_shared<RoomSeen>()));
}

TEST_F(RoomServiceTest, ADrainTakesNoRoomsAndLeavesThoseWhereNobodySpeaks) {
  rooms.enter("transcriber");
  rooms.join("ann", "Ann");
  auto quiet = std::make_shared<RoomSeen>();
  auto other = open(quiet);
  ASSERT_TRUE(other);
  rooms.speak("ann", 1'000ms);
  rooms.service->drain();
  rooms.runtime.run_until_idle();
  EXPECT_EQ(quiet->close_code, 1001);
  EXPECT_FALSE(rooms.link->close_code) << "Ann is still speaking";
  rooms.rest("ann", 1'000ms);
  EXPECT_EQ(rooms.link->close_code, 1001);
  const auto late = open(std::make_shared<RoomSeen>());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::unavailable);
}

TEST_F(RoomServiceTest, ASessionLastsItsTime) {
  RoomFixture room({.service = {.defaults = {}, .session_max = std::chrono::seconds(60)}});
  room.enter("transcriber");
  room.wait(59'000ms);
  EXPECT_FALSE(room.link->close_code);
  room.wait(2'000ms);
  EXPECT_EQ(room.link->close_code, 1000);
}

TEST_F(RoomServiceTest, TracksThatAreHeardAreCountedUntilTheirRoomIsOver) {
  rooms.enter("transcriber");
  rooms.join("ann", "Ann");
  rooms.join("bob", "Bob");
  EXPECT_EQ(metric("parley_room_tracks"), 2.0);
  rooms.push(room::TrackUnpublished{"bob", "TR_bob"});
  rooms.settle();
  EXPECT_EQ(metric("parley_room_tracks"), 1.0);
  rooms.session->close();
  rooms.session.reset();
  EXPECT_EQ(metric("parley_room_tracks"), 0.0);
  EXPECT_EQ(metric("parley_room_sessions"), 0.0);
  EXPECT_EQ(metric("parley_room_sessions_total"), 1.0);
}

}  // namespace
}  // namespace parley::service
