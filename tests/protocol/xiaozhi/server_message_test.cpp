// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/server_message.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(XiaozhiMessage, EachHasItsShape) {
  EXPECT_EQ(to_json(XiaozhiHello{}, "s1"),
            R"({"type":"hello","transport":"websocket","audio_params":{"format":"opus",)"
            R"("sample_rate":24000,"channels":1,"frame_duration":60},"session_id":"s1"})");
  EXPECT_EQ(to_json(XiaozhiStt{"what time"}, "s"),
            R"({"type":"stt","text":"what time","session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiEmotion{"happy", "🙂"}, "s"),
            R"({"type":"llm","emotion":"happy","text":"🙂","session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiTts{XiaozhiTts::State::start, "x"}, "s"),
            R"({"type":"tts","state":"start","session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiTts{XiaozhiTts::State::sentence_start, "Hi."}, "s"),
            R"({"type":"tts","state":"sentence_start","text":"Hi.","session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiTts{XiaozhiTts::State::stop, {}}, "s"),
            R"({"type":"tts","state":"stop","session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiAlert{"Error", "no", "sad"}, "s"),
            R"({"type":"alert","status":"Error","message":"no","emotion":"sad","session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiPong{}, "s"), R"({"type":"pong","session_id":"s"})");
}

TEST(XiaozhiMessage, RequestsToToolsAreJsonRpcWithNumbersAsIds) {
  using Method = XiaozhiMcp::Method;
  EXPECT_EQ(to_json(XiaozhiMcp{.method = Method::initialize, .id = 1}, "s"),
            R"({"type":"mcp","payload":{"jsonrpc":"2.0","id":1,"method":"initialize","params":)"
            R"({"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"parley",)"
            R"("version":"1"}}},"session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiMcp{.method = Method::list_tools, .id = 2, .cursor = "self.x"}, "s"),
            R"({"type":"mcp","payload":{"jsonrpc":"2.0","id":2,"method":"tools/list","params":)"
            R"({"cursor":"self.x"}},"session_id":"s"})");
  EXPECT_EQ(to_json(XiaozhiMcp{.method = Method::call_tool,
                               .id = 3,
                               .name = "self.lamp.on",
                               .arguments = R"({"level":5})"},
                    "s"),
            R"({"type":"mcp","payload":{"jsonrpc":"2.0","id":3,"method":"tools/call","params":)"
            R"({"name":"self.lamp.on","arguments":{"level":5}}},"session_id":"s"})");
}

TEST(XiaozhiMessage, WhatIsShownIsCutBetweenCharacters) {
  EXPECT_EQ(cut_text("abc", 3), "abc");
  EXPECT_EQ(cut_text("abc", 2), "ab");
  EXPECT_EQ(cut_text("你好", 5), "你");
  EXPECT_EQ(cut_text("你好", 2), "");
  EXPECT_LT(to_json(XiaozhiStt{std::string(9000, 'a')}, "s").size(), 8000U);
}

TEST(XiaozhiMessage, ArgumentsAreAnObjectOrNotSent) {
  EXPECT_TRUE(is_json_object(R"({"a":[1]})"));
  EXPECT_FALSE(is_json_object(R"([1])"));
  EXPECT_FALSE(is_json_object(R"({"a":1)"));
  EXPECT_FALSE(is_json_object(R"({}},"x":{)"));
}

}  // namespace
}  // namespace parley::protocol
