// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/server_event_reader.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

ReceivedEvent read(std::string_view json) {
  Result<ReceivedEvent> event = read_server_event(json);
  EXPECT_TRUE(event) << json;
  return event ? std::move(*event) : ReceivedEvent();
}

TEST(ServerEventReader, AReplyEndsWithItsTimes) {
  const ReceivedEvent event = read(R"({"type":"response.done","response":{"id":"resp_1",
    "status":"completed","status_details":null,"usage":{"output_tokens":7,
    "input_token_details":{"text_tokens":30}}},"parley":{"llm":{"name":"small",
    "demonstration":true},"timeline":{"speech_end_ms":-500,"first_audio_ms":321}}})");
  EXPECT_EQ(event.type, "response.done");
  EXPECT_EQ(event.response_id, "resp_1");
  EXPECT_EQ(event.response.status, "completed");
  EXPECT_EQ(event.response.output_tokens, 7);
  EXPECT_EQ(event.response.input_text_tokens, 30);
  EXPECT_EQ(event.response.timeline.speech_end_ms, -500);
  EXPECT_EQ(event.response.timeline.first_audio_ms, 321);
  EXPECT_FALSE(event.response.timeline.first_token_ms);
  ASSERT_TRUE(event.llm);
  EXPECT_EQ(event.llm->name, "small");
  EXPECT_TRUE(event.llm->is_demonstration);
}

TEST(ServerEventReader, SaysWhyAReplyEnded) {
  EXPECT_EQ(read(R"({"type":"response.done","response":{"status":"cancelled",
    "status_details":{"type":"cancelled","reason":"turn_detected"}}})")
                .response.reason,
            "turn_detected");
  EXPECT_EQ(read(R"({"type":"response.done","response":{"status":"failed",
    "status_details":{"type":"failed","error":{"message":"no voice"}}}})")
                .response.reason,
            "no voice");
}

TEST(ServerEventReader, AudioTextsAndErrors) {
  const ReceivedEvent audio = read(
      R"({"type":"response.output_audio.delta","response_id":"resp_1","item_id":"i","delta":"AAEC"})");
  EXPECT_EQ(audio.audio, (std::vector<std::byte>{std::byte{0}, std::byte{1}, std::byte{2}}));
  EXPECT_EQ(audio.response_id, "resp_1");
  EXPECT_EQ(audio.item_id, "i");
  EXPECT_EQ(read(R"({"type":"response.output_audio_transcript.delta","delta":"Hi"})").text, "Hi");
  EXPECT_EQ(read(R"({"type":"x","transcript":"all of it"})").text, "all of it");
  EXPECT_EQ(read(R"({"type":"error","error":{"message":"no"}})").error, "no");
}

TEST(ServerEventReader, WhatIsUnknownIsBorne) {
  const ReceivedEvent event = read(R"({"type":"rate_limits.updated","response":7,"parley":[]})");
  EXPECT_EQ(event.type, "rate_limits.updated");
  EXPECT_FALSE(event.llm);
}

TEST(ServerEventReader, WhatIsNoEventIsRefused) {
  for (const char* const text : {"", "{", "[]", "7", "{}", R"({"type":3})",
                                 R"({"type":"response.output_audio.delta","delta":"A"})",
                                 R"({"type":"response.output_audio.delta","delta":"????"})"}) {
    const Result<ReceivedEvent> event = read_server_event(text);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().code, ErrorCode::data_corrupt);
  }
}

}  // namespace
}  // namespace parley::protocol
