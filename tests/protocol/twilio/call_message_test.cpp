// SPDX-License-Identifier: Apache-2.0
#include "protocol/twilio/call_message.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

template <typename Message>
Message read(std::string_view frame) {
  const auto parsed = parse_call_message(frame);
  const auto* error = std::get_if<ProtocolError>(&parsed);
  EXPECT_EQ(error, nullptr) << (error == nullptr ? "" : error->message);
  if (error != nullptr) return {};
  const auto* message = std::get_if<Message>(&std::get<CallMessage>(parsed));
  EXPECT_NE(message, nullptr) << frame;
  return message == nullptr ? Message{} : *message;
}

std::string field_at_fault(std::string_view frame) {
  const auto parsed = parse_call_message(frame);
  const auto* error = std::get_if<ProtocolError>(&parsed);
  return error == nullptr ? "none" : error->param.value_or("");
}

// As Twilio's documentation shows them.
TEST(CallMessage, ACallFromItsStartToItsEnd) {
  EXPECT_EQ(read<CallOther>(R"({"event":"connected","protocol":"Call","version":"1.0.0"})").event,
            "connected");
  const auto start = read<CallStart>(
      R"({"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1",)"
      R"("callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw",)"
      R"("sampleRate":8000,"channels":1},"customParameters":{"FirstName":"Jane","n":1}},)"
      R"("streamSid":"MZ1"})");
  EXPECT_EQ(start.stream, "MZ1");
  EXPECT_EQ(start.call, "CA1");
  EXPECT_FALSE(start.has_outbound);
  ASSERT_EQ(start.parameters.size(), 1U);
  EXPECT_EQ(start.parameters[0].first, "FirstName");
  EXPECT_EQ(start.parameters[0].second, "Jane");
  const auto sound = read<CallSound>(
      R"({"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"1",)"
      R"("timestamp":"5","payload":"//79"},"streamSid":"MZ1"})");
  EXPECT_EQ(sound.bytes, "\xFF\xFE\xFD");
  EXPECT_TRUE(sound.is_inbound);
  EXPECT_FALSE(
      read<CallSound>(R"({"event":"media","media":{"track":"outbound","payload":""}})").is_inbound);
  EXPECT_EQ(
      read<CallDigit>(
          R"({"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"#"}})")
          .digit,
      '#');
  EXPECT_EQ(read<CallMark>(R"({"event":"mark","streamSid":"MZ1","mark":{"name":"heard-1"}})").name,
            "heard-1");
  read<CallStop>(R"({"event":"stop","streamSid":"MZ1","stop":{"accountSid":"A","callSid":"C"}})");
}

TEST(CallMessage, AStreamThatHearsTheOtherSideOnlyListens) {
  const std::string head = R"({"event":"start","streamSid":"M","start":{"callSid":"C","tracks":)";
  EXPECT_TRUE(read<CallStart>(head + R"(["inbound","outbound"]}})").has_outbound);
  EXPECT_TRUE(read<CallStart>(head + R"(["outbound"]}})").has_outbound);
  EXPECT_FALSE(read<CallStart>(head + R"(["inbound",1]}})").has_outbound);
  EXPECT_FALSE(read<CallStart>(head + R"("outbound"}})").has_outbound);
}

TEST(CallMessage, WhatIsWrongIsNamed) {
  EXPECT_EQ(field_at_fault(R"({})"), "event");
  EXPECT_EQ(field_at_fault(R"({"event":"start","streamSid":"M"})"), "start");
  EXPECT_EQ(field_at_fault(R"({"event":"start","start":{"callSid":"C"}})"), "streamSid");
  EXPECT_EQ(field_at_fault(R"({"event":"start","streamSid":"M","start":{"callSid":"C",)"
                           R"("mediaFormat":{"encoding":"audio/x-l16"}}})"),
            "start.mediaFormat.encoding");
  EXPECT_EQ(field_at_fault(R"({"event":"start","streamSid":")" + std::string(257, 'x') +
                           R"(","start":{"callSid":"C"}})"),
            "streamSid");
  EXPECT_EQ(field_at_fault(R"({"event":"start","streamSid":"M","start":{"callSid":"C",)"
                           R"("customParameters":{"a":")" +
                           std::string(4097, 'x') + R"("}}})"),
            "start.customParameters");
  EXPECT_EQ(field_at_fault(R"({"event":"media","media":{"payload":"not base64"}})"),
            "media.payload");
  EXPECT_EQ(field_at_fault(R"({"event":"media"})"), "media");
  EXPECT_EQ(field_at_fault(R"({"event":"dtmf","dtmf":{"digit":"12"}})"), "dtmf.digit");
  EXPECT_EQ(field_at_fault(R"({"event":"dtmf","dtmf":{"digit":"x"}})"), "dtmf.digit");
  EXPECT_EQ(field_at_fault(R"({"event":"mark","mark":{}})"), "mark.name");
  for (const char* frame : {"", "[]", "null", "{", R"({"event":7})"}) {
    EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_call_message(frame))) << frame;
  }
}

TEST(CallMessage, ParametersAreLimited) {
  std::string frame = R"({"event":"start","streamSid":"M","start":{"callSid":"C",)"
                      R"("customParameters":{)";
  for (std::size_t i = 0; i < 2 * kCallParametersMax; ++i) {
    frame += (i == 0 ? "" : ",") + std::string("\"p") + std::to_string(i) + "\":\"v\"";
  }
  EXPECT_EQ(read<CallStart>(frame + "}}}").parameters.size(), kCallParametersMax);
}

TEST(CallMessage, WhatACallIsTold) {
  EXPECT_EQ(to_json(CallSend{"\xFF\xFE\xFD"}, "MZ1"),
            R"({"event":"media","streamSid":"MZ1","media":{"payload":"//79"}})");
  EXPECT_EQ(to_json(CallSendMark{"heard-1"}, "MZ1"),
            R"({"event":"mark","streamSid":"MZ1","mark":{"name":"heard-1"}})");
  EXPECT_EQ(to_json(CallClear{}, "MZ1"), R"({"event":"clear","streamSid":"MZ1"})");
}

}  // namespace
}  // namespace parley::protocol
