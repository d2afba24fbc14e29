// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/room_message.h"

#include <string>
#include <variant>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

std::string words(std::string_view method, std::string_view payload) {
  const auto parsed = parse_room_call(method, payload);
  const auto* call = std::get_if<RoomCall>(&parsed);
  return call != nullptr ? call->text : "error: " + std::get<ProtocolError>(parsed).message;
}

TEST(RoomMessage, CallsAreObjectsOrTheWordsAlone) {
  EXPECT_EQ(words("say", R"({"text":"Hello"})"), "Hello");
  EXPECT_EQ(words("say", "Hello"), "Hello");
  EXPECT_EQ(words("set_instructions", R"({"instructions":"Be brief"})"), "Be brief");
  EXPECT_EQ(words("set_instructions", ""), "");
  EXPECT_EQ(words("interrupt", "whatever"), "");
}

TEST(RoomMessage, FaultsSayWhatWasExpected) {
  EXPECT_EQ(words("say", ""), "error: Missing required parameter: 'text'.");
  EXPECT_EQ(words("say", "{}"), "error: Missing required parameter: 'text'.");
  EXPECT_EQ(words("say", R"({"text":"a","voice":"b"})"), "error: Unknown parameter: 'voice'.");
  EXPECT_TRUE(words("say", R"({"text":7})").starts_with("error: Invalid type for 'text'"));
  EXPECT_TRUE(words("say", "{").starts_with("error: "));
  EXPECT_TRUE(words("say", "\xff").starts_with("error: "));
  EXPECT_TRUE(words("say", std::string(kRoomCallBytesMax + 1, 'x')).starts_with("error: "));
  EXPECT_TRUE(words("dance", "").starts_with("error: Invalid value: 'dance'"));
}

TEST(RoomMessage, ChatOfOldClientsIsReadForItsMessage) {
  const auto chat = parse_old_chat(R"({"id":"1","timestamp":17,"message":"hi","more":[]})");
  ASSERT_TRUE(std::holds_alternative<std::string>(chat));
  EXPECT_EQ(std::get<std::string>(chat), "hi");
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_old_chat(R"({"id":"1"})")));
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_old_chat("hi")));
}

}  // namespace
}  // namespace parley::protocol
