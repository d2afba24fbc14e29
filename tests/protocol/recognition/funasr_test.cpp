// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/funasr.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

TEST(Funasr, MessagesAreReadAsItsClientsWriteThem) {
  const auto begin = std::get<FunasrMessage>(parse_funasr_message(
      R"({"mode": "2pass", "chunk_size": [5, 10, 5], "chunk_interval": 10,
          "encoder_chunk_look_back": 4, "decoder_chunk_look_back": 0, "audio_fs": 8000,
          "wav_name": "demo", "wav_format": "pcm", "is_speaking": true,
          "hotwords": "{\"阿里巴巴\": 20}", "itn": true})"));
  EXPECT_EQ(begin.mode, FunasrMode::two_pass);
  EXPECT_EQ(begin.format, FunasrFormat::pcm);
  EXPECT_EQ(begin.wav_name, "demo");
  EXPECT_EQ(begin.rate, 8000);
  EXPECT_EQ(begin.chunk_ms, 600);
  EXPECT_EQ(begin.is_speaking, true);
  EXPECT_EQ(begin.hot_words, std::vector<std::string>{"阿里巴巴"});
  EXPECT_EQ(begin.writes_numbers, true);
  EXPECT_FALSE(begin.wants_acknowledgement);
  const auto end =
      std::get<FunasrMessage>(parse_funasr_message(R"({"is_speaking": false, "is_end": true})"));
  EXPECT_EQ(end.is_speaking, false);
  EXPECT_TRUE(end.wants_acknowledgement);
  EXPECT_FALSE(end.mode || end.rate || end.chunk_ms || end.writes_numbers);
  const auto itn_of = [](std::string_view frame) {
    return std::get<FunasrMessage>(parse_funasr_message(frame)).writes_numbers;
  };
  EXPECT_EQ(itn_of(R"({"itn":false})"), false);
  EXPECT_EQ(itn_of(R"({"itn":0})"), false);
  EXPECT_EQ(itn_of(R"({"itn":"no"})"), std::nullopt);
  EXPECT_EQ(std::get<FunasrMessage>(parse_funasr_message(R"({"chunk_size":"5, 8, 4"})")).chunk_ms,
            480);
}

TEST(Funasr, WhatIsWrongIsNamed) {
  const auto param_of = [](std::string_view frame) {
    return std::get<ProtocolError>(parse_funasr_message(frame)).param.value_or("");
  };
  EXPECT_EQ(param_of(R"({"mode":"3pass"})"), "mode");
  EXPECT_EQ(param_of(R"({"wav_format":"mp3"})"), "wav_format");
  EXPECT_EQ(param_of(R"({"audio_fs":11025})"), "audio_fs");
  EXPECT_EQ(param_of(R"({"chunk_size":[5]})"), "chunk_size");
  EXPECT_EQ(param_of(R"({"hotwords":"{"})"), "hotwords");
  EXPECT_EQ(param_of(R"({"chunk_size":[5,-1,5]})"), "chunk_size");
  EXPECT_EQ(param_of(R"({"chunk_size":"5,x,5"})"), "chunk_size");
  EXPECT_EQ(param_of(R"({"is_speaking":"no"})"), "is_speaking");
  EXPECT_EQ(param_of(R"({"wav_name":")" + std::string(2000, 'a') + R"("})"), "wav_name");
  EXPECT_EQ(param_of("[]"), "");
}

TEST(Funasr, ResultsHaveTheShapeOfItsServers) {
  EXPECT_EQ(to_json({.mode = FunasrMode::two_pass,
                     .pass = FunasrPass::online,
                     .text = "the cap",
                     .wav_name = "a"}),
            R"({"mode":"2pass-online","text":"the cap","wav_name":"a","is_final":false})");
  const std::vector<media::WordTime> words{
      {"The", MediaTime::from_ms(100), MediaTime::from_ms(200)},
      {"captain,", MediaTime::from_ms(200), MediaTime::from_ms(500)},
      {"too", MediaTime::from_ms(600), MediaTime::from_ms(900)}};
  EXPECT_EQ(
      to_json({.text = "The captain, too", .is_final = true, .words = &words}),
      R"({"mode":"2pass-offline","text":"The captain, too","wav_name":"","is_final":true,)"
      R"("timestamp":"[[100,200],[200,500],[600,900]]","stamp_sents":[)"
      R"({"text_seg":"The captain","punc":",","start":100,"end":500,"ts_list":[[100,200],[200,500]]},)"
      R"({"text_seg":"too","punc":"","start":600,"end":900,"ts_list":[[600,900]]}]})");
  EXPECT_EQ(to_json({.mode = FunasrMode::offline}),
            R"({"mode":"offline","text":"","wav_name":"","is_final":false})");
  EXPECT_EQ(to_json({.mode = FunasrMode::offline, .text = "Hi", .speaker = "Anna"}),
            R"({"mode":"offline","text":"Hi","wav_name":"","is_final":false,"spk_name":"Anna"})");
  EXPECT_EQ(funasr_acknowledgement("a"), R"({"wav_name":"a","is_end":true,"is_final":true})");
  EXPECT_EQ(funasr_error("a", "No."),
            R"({"text":"ERROR. No.","wav_name":"a","is_end":true,"is_final":false,"error":"No."})");
}

}  // namespace
}  // namespace parley::protocol
