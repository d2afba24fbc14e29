// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/sherpa.h"

#include <cstring>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

std::variant<SherpaHead, ProtocolError> head_of(std::int32_t rate, std::int32_t bytes,
                                                std::size_t length = 8) {
  std::string message(8, '\0');
  std::memcpy(message.data(), &rate, 4);
  std::memcpy(message.data() + 4, &bytes, 4);
  message.resize(length);
  return parse_sherpa_head(std::as_bytes(std::span(message)));
}

TEST(Sherpa, ARecordingSaysItsRateAndLength) {
  const auto head = std::get<SherpaHead>(head_of(16'000, 4096, 10));
  EXPECT_EQ(head.rate, 16'000);
  EXPECT_EQ(head.bytes, 4096U);
  EXPECT_EQ(std::get<SherpaHead>(head_of(8'000, 0)).bytes, 0U);
}

TEST(Sherpa, WhatIsNoRecordingIsRefused) {
  EXPECT_EQ(std::get<ProtocolError>(head_of(16'000, 4, 7)).message, "Payload is too short");
  for (const auto& [rate, bytes] : {std::pair{11'025, 4}, {-1, 4}, {16'000, 3}, {16'000, -4}}) {
    EXPECT_TRUE(std::holds_alternative<ProtocolError>(head_of(rate, bytes))) << rate << bytes;
  }
  EXPECT_TRUE(std::holds_alternative<SherpaHead>(head_of(8'000, 8'000 * 4 * 3600)));
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(head_of(8'000, 8'000 * 4 * 3600 + 4)));
}

TEST(Sherpa, ResultsHaveTheShapeOfItsServers) {
  EXPECT_EQ(to_json(SherpaSegment{.segment = 1, .text = "the"}),
            R"({"text":"the","tokens":[],"timestamps":[],"ys_probs":[],"lm_probs":[],)"
            R"("context_scores":[],"segment":1,"words":[],"start_time":0,"is_final":false,)"
            R"("is_eof":false})");
  const std::vector<media::WordTime> words{
      {"The", MediaTime::from_ms(1000), MediaTime::from_ms(1250)},
      {"end.", MediaTime::from_ms(1500), MediaTime::from_ms(2000)}};
  EXPECT_EQ(to_json(SherpaSegment{.text = "The end.",
                                  .begin = MediaTime::from_ms(500),
                                  .words = &words,
                                  .is_final = true,
                                  .is_last = true}),
            R"({"text":"The end.","tokens":["The"," end."],"timestamps":[0.5,1],"ys_probs":[],)"
            R"("lm_probs":[],"context_scores":[],"segment":0,"words":[],"start_time":0.5,)"
            R"("is_final":true,"is_eof":true})");
  EXPECT_EQ(sherpa_recording_json("The end.", {.language = "en", .event = "Speech"}, words),
            R"({"lang":"en","emotion":"","event":"Speech","text":"The end.","timestamps":[1,1.5],)"
            R"("durations":[0.25,0.5],"tokens":["The"," end."],"ys_log_probs":[],"words":[]})");
}

}  // namespace
}  // namespace parley::protocol
