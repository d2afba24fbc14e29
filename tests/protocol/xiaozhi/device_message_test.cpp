// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/device_message.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

template <typename Message>
Message read(std::string_view frame) {
  return std::get<Message>(std::get<DeviceMessage>(parse_device_message(frame)));
}

TEST(DeviceMessage, AHelloSaysWhatTheDeviceCanDo) {
  const auto hello = read<DeviceHello>(
      R"({"type":"hello","version":1,"features":{"mcp":true,"aec":true,"glyph_push":false},)"
      R"("transport":"websocket","text_font":{"size":20},)"
      R"("audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":20}})");
  EXPECT_TRUE(hello.has_mcp);
  EXPECT_TRUE(hello.has_aec);
  EXPECT_EQ(hello.format, "opus");
  EXPECT_EQ(hello.frame_ms, 20);
  const auto plain = read<DeviceHello>(R"({"type":"hello","features":null})");
  EXPECT_FALSE(plain.has_mcp);
  EXPECT_EQ(plain.frame_ms, 60);
}

TEST(DeviceMessage, ListenHasStatesAndModes) {
  using State = DeviceListen::State;
  using Mode = DeviceListen::Mode;
  const auto start =
      read<DeviceListen>(R"({"session_id":"","type":"listen","state":"start","mode":"realtime"})");
  EXPECT_EQ(start.state, State::start);
  EXPECT_EQ(start.mode, Mode::realtime);
  EXPECT_EQ(read<DeviceListen>(R"({"type":"listen","state":"start","mode":"manual"})").mode,
            Mode::manual);
  EXPECT_EQ(read<DeviceListen>(R"({"type":"listen","state":"start"})").mode, Mode::automatic);
  EXPECT_EQ(read<DeviceListen>(R"({"type":"listen","state":"stop"})").state, State::stop);
  const auto detect = read<DeviceListen>(R"({"type":"listen","state":"detect","text":"你好小智"})");
  EXPECT_EQ(detect.state, State::detect);
  EXPECT_EQ(detect.text, "你好小智");
}

TEST(DeviceMessage, AnAbortSaysWhoWantedIt) {
  EXPECT_TRUE(read<DeviceAbort>(R"({"type":"abort","reason":"wake_word_detected"})").by_wake_word);
  EXPECT_FALSE(read<DeviceAbort>(R"({"type":"abort"})").by_wake_word);
}

TEST(DeviceMessage, AnswersOfItsToolsAreRead) {
  const auto page = read<DeviceAnswer>(
      R"({"type":"mcp","payload":{"jsonrpc":"2.0","id":2,"result":{"tools":[)"
      R"({"name":"self.lamp.on","description":"Lights it","inputSchema":{"type":"object"}},)"
      R"({"description":"nameless"},7,{"name":"self.off"}],"nextCursor":"self.more"}}})");
  EXPECT_EQ(page.id, 2);
  ASSERT_EQ(page.tools.size(), 2U);
  EXPECT_EQ(page.tools[0].name, "self.lamp.on");
  EXPECT_EQ(page.tools[0].schema, R"({"type":"object"})");
  EXPECT_EQ(page.tools[1].schema, "");
  EXPECT_EQ(page.next_cursor, "self.more");

  const auto result = read<DeviceAnswer>(
      R"({"type":"mcp","payload":{"id":3,"result":{"content":[{"type":"text","text":"a"},)"
      R"({"type":"image"},{"type":"text","text":"b"}],"isError":true}}})");
  EXPECT_EQ(result.text, "a\nb");
  EXPECT_TRUE(result.is_failure);

  const auto error = read<DeviceAnswer>(
      R"({"type":"mcp","payload":{"id":4,"error":{"code":-32601,"message":"Unknown tool"}}})");
  EXPECT_EQ(error.error, "Unknown tool");
  EXPECT_TRUE(read<DeviceAnswer>(R"({"type":"mcp","payload":{"id":4,"error":7}})").error);
}

TEST(DeviceMessage, WhatNeedsNoAnswerIsPassedOver) {
  EXPECT_EQ(read<DeviceOther>(R"({"type":"iot","descriptors":[]})").type, "iot");
  EXPECT_EQ(read<DeviceOther>(R"({"type":"mcp","payload":{"method":"notifications/x"}})").type,
            "mcp");
  EXPECT_EQ(read<DeviceOther>(R"({"type":"mcp","payload":{"id":"1","result":{}}})").type, "mcp");
  read<DeviceGoodbye>(R"({"type":"goodbye","session_id":"x"})");
  read<DevicePing>(R"({"type":"ping"})");
}

TEST(DeviceMessage, WhatIsWrongIsNamed) {
  const auto param_of = [](std::string_view frame) {
    return std::get<ProtocolError>(parse_device_message(frame)).param.value_or("");
  };
  EXPECT_EQ(param_of("{}"), "type");
  EXPECT_EQ(param_of(R"({"type":7})"), "type");
  EXPECT_EQ(param_of(R"({"type":"listen"})"), "state");
  EXPECT_EQ(param_of(R"({"type":"listen","state":"dance"})"), "state");
  EXPECT_EQ(param_of(R"({"type":"listen","state":"start","mode":"x"})"), "mode");
  EXPECT_EQ(param_of(R"({"type":"hello","audio_params":[]})"), "audio_params");
  EXPECT_EQ(param_of(R"({"type":"hello","audio_params":{"frame_duration":0}})"),
            "audio_params.frame_duration");
  EXPECT_EQ(param_of(R"({"type":"mcp"})"), "payload");
  EXPECT_EQ(param_of("hello"), "");
}

}  // namespace
}  // namespace parley::protocol
