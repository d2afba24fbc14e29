// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/entry_command.h"

#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/room/room_message.h"

namespace parley::protocol {
namespace {

using Kind = EntryCommand::Kind;
using ::testing::HasSubstr;

EntryCommand command(std::string_view line) {
  auto parsed = parse_entry_command(line);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    ADD_FAILURE() << error->message;
    return {};
  }
  return std::get<EntryCommand>(std::move(parsed));
}

std::string error(std::string_view line) {
  const auto parsed = parse_entry_command(line);
  const auto* found = std::get_if<ProtocolError>(&parsed);
  return found == nullptr ? "none" : found->message;
}

TEST(EntryCommand, EachKindIsRead) {
  EXPECT_EQ(command(R"({"type":"ready"})").kind, Kind::ready);
  EXPECT_EQ(command(R"({"type":"failed","error":"no data"})").error, "no data");
  const EntryCommand join = command(
      R"({"type":"join","job":"AJ_1","order":{"agent":"own.yaml","to":"en","speak":true}})");
  EXPECT_EQ(join.kind, Kind::join);
  EXPECT_EQ(join.job, "AJ_1");
  EXPECT_EQ(join.order.agent, "own.yaml");
  EXPECT_EQ(join.order.to, "en");
  EXPECT_EQ(join.order.speak, true);
  EXPECT_EQ(command(R"({"type":"join","job":"AJ_1"})").order.agent, "");
  EXPECT_EQ(command(R"({"type":"say","job":"AJ_1","text":"Hello"})").text, "Hello");
  EXPECT_EQ(command(R"({"type":"interrupt","job":"AJ_1"})").kind, Kind::interrupt);
  EXPECT_EQ(command(R"({"type":"set_instructions","job":"AJ_1","instructions":"a"})").text, "a");
  EXPECT_EQ(command(R"({"type":"leave","job":"AJ_1"})").kind, Kind::leave);
  EXPECT_EQ(command(R"({"type":"done","job":"AJ_1","error":null})").error, std::nullopt);
  EXPECT_EQ(command(R"({"type":"done","job":"AJ_1","error":"x"})").error, "x");
}

TEST(EntryCommand, WhatAJobAsksWronglyIsToldToIt) {
  const auto trouble = [](std::string_view line) { return command(line).trouble.value_or("none"); };
  EXPECT_EQ(trouble(R"({"type":"join","job":"AJ_1","order":{"speak":"yes"}})"),
            "Invalid type for 'order.speak': expected a boolean, but got a string instead.");
  EXPECT_THAT(trouble(R"({"type":"join","job":"AJ_1","order":{"language":"?"}})"),
              HasSubstr("'order.language'"));
  EXPECT_EQ(trouble(R"({"type":"join","job":"AJ_1","order":{"agents":""}})"),
            "Unknown parameter: 'order.agents'.");
  EXPECT_THAT(trouble(R"({"type":"join","job":"AJ_1","order":7})"), HasSubstr("'order'"));
  EXPECT_EQ(trouble(R"({"type":"say","job":"AJ_1","text":""})"), "'text' is empty");
  const std::string long_text(kRoomCallBytesMax + 1, 'x');
  EXPECT_THAT(trouble(R"({"type":"say","job":"AJ_1","text":")" + long_text + R"("})"),
              HasSubstr("'text'"));
}

TEST(EntryCommand, WhatIsNoCommandIsAnError) {
  EXPECT_THAT(error("hello"), HasSubstr("JSON"));
  EXPECT_EQ(error("{}"), "Missing required parameter: 'type'.");
  EXPECT_THAT(error(R"({"type":"dance","job":"AJ_1"})"), HasSubstr("'dance'"));
  EXPECT_EQ(error(R"({"type":"leave"})"), "Missing required parameter: 'job'.");
  EXPECT_EQ(error(R"({"type":"say","job":"AJ_1"})"), "Missing required parameter: 'text'.");
  EXPECT_EQ(error(R"({"type":"ready","job":"AJ_1"})"), "Unknown parameter: 'job'.");
  EXPECT_THAT(error(std::string(kEntryLineBytesMax + 1, ' ')), HasSubstr("'line'"));
}

}  // namespace
}  // namespace parley::protocol
