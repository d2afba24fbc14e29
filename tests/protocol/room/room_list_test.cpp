// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/room_list.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(RoomList, AsksForOneRoomAndReadsWhatThereIs) {
  EXPECT_EQ(list_rooms_json("a \"kitchen\""), R"({"names":["a \"kitchen\""]})");
  const auto parsed = parse_room_list(
      R"({"rooms":[{"sid":"RM_1","name":"kitchen","num_participants":2,"creation_time":"17"}]})");
  const auto* rooms = std::get_if<std::vector<ListedRoom>>(&parsed);
  ASSERT_NE(rooms, nullptr);
  ASSERT_EQ(rooms->size(), 1U);
  EXPECT_EQ(rooms->front().name, "kitchen");
  EXPECT_EQ(rooms->front().sid, "RM_1");
}

TEST(RoomList, NoRoomsAreAnEmptyList) {
  for (const char* text : {"{}", R"({"rooms":[]})"}) {
    const auto parsed = parse_room_list(text);
    const auto* rooms = std::get_if<std::vector<ListedRoom>>(&parsed);
    ASSERT_NE(rooms, nullptr) << text;
    EXPECT_TRUE(rooms->empty());
  }
  for (const char* text : {"", "[]", R"({"rooms":{}})", R"({"rooms":[{"name":"r"}]})"}) {
    EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_room_list(text))) << text;
  }
}

}  // namespace
}  // namespace parley::protocol
