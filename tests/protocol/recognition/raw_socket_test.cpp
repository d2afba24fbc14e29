// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/raw_socket.h"

#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

std::variant<ListenOrder, ProtocolError> parse(const std::map<std::string, std::string>& query) {
  return parse_listen([&](std::string_view name) -> std::optional<std::string_view> {
    const auto found = query.find(std::string(name));
    return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  });
}

TEST(RawSocket, WithoutAQueryItIsPcmOf16kHz) {
  const auto order = std::get<ListenOrder>(parse({}));
  EXPECT_EQ(order.encoding, AudioEncoding::pcm_s16le);
  EXPECT_EQ(order.rate, 16'000);
  EXPECT_EQ(order.language, "");
  EXPECT_TRUE(order.partials);
  EXPECT_EQ(order.silence_ms, 500);
}

TEST(RawSocket, TheQuerySaysWhatComes) {
  const auto order = std::get<ListenOrder>(parse({{"encoding", "f32le"},
                                                  {"rate", "48000"},
                                                  {"language", "fr"},
                                                  {"partials", "false"},
                                                  {"hot_words", "Parley, Svea L"},
                                                  {"silence_ms", "250"}}));
  EXPECT_EQ(order.encoding, AudioEncoding::pcm_f32le);
  EXPECT_EQ(order.rate, 48'000);
  EXPECT_EQ(order.language, "fr");
  EXPECT_FALSE(order.partials);
  EXPECT_EQ(order.silence_ms, 250);
  EXPECT_EQ(order.hot_words, (std::vector<std::string>{"Parley", "Svea L"}));
  EXPECT_EQ(std::get<ListenOrder>(parse({{"encoding", "mulaw"}})).rate, 8'000) << "a telephone";
  EXPECT_EQ(std::get<ListenOrder>(parse({{"encoding", "alaw"}, {"rate", "16000"}})).rate, 16'000);
}

TEST(RawSocket, OpusHasItsOwnRatesAndMayBeStereo) {
  for (const char* rate : {"8000", "12000", "16000", "24000", "48000"}) {
    const auto order =
        std::get<ListenOrder>(parse({{"encoding", "opus"}, {"rate", rate}, {"channels", "2"}}));
    EXPECT_EQ(order.encoding, AudioEncoding::opus);
    EXPECT_EQ(std::to_string(order.rate), rate);
  }
  const auto error = std::get<ProtocolError>(parse({{"encoding", "opus"}, {"rate", "44100"}}));
  EXPECT_EQ(error.param, "rate");
  EXPECT_NE(error.message.find("12000"), std::string::npos) << error.message;
  EXPECT_EQ(std::get<ProtocolError>(parse({{"encoding", "opus"}, {"channels", "3"}})).param,
            "channels");
  EXPECT_TRUE(std::holds_alternative<ListenOrder>(parse({{"channels", "1"}})));
}

TEST(RawSocket, WhatIsWrongIsNamed) {
  struct Case {
    std::string name;
    std::string value;
  };
  for (const Case& one :
       {Case{"encoding", "ogg"}, Case{"rate", "11025"}, Case{"rate", "8000x"},
        Case{"rate", "12000"}, Case{"channels", "2"}, Case{"rate", ""}, Case{"silence_ms", "99"},
        Case{"silence_ms", "10001"}, Case{"partials", "yes"},
        Case{"language", std::string(36, 'x')}, Case{"hot_words", std::string(257, 'x')}}) {
    const auto parsed = parse({{one.name, one.value}});
    ASSERT_TRUE(std::holds_alternative<ProtocolError>(parsed)) << one.name << '=' << one.value;
    EXPECT_EQ(std::get<ProtocolError>(parsed).param, one.name);
  }
}

TEST(RawSocket, TheOnlyMessageIsTheEnd) {
  EXPECT_TRUE(std::holds_alternative<EndOfAudio>(parse_listen_message(R"({"type":"end"})")));
  for (const char* frame : {R"({"type":"start"})", R"({})", "end", "[]", "", R"({"type":7})"}) {
    EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_listen_message(frame))) << frame;
  }
}

TEST(RawSocket, APartialSaysWhatStays) {
  EXPECT_EQ(to_json({.utterance = 2,
                     .text = "The cap",
                     .stable_bytes = 3,
                     .begin = MediaTime::from_ms(120),
                     .end = MediaTime::from_ms(600)}),
            R"({"type":"partial","utterance":2,"text":"The cap","stable":"The","start_ms":120,)"
            R"("end_ms":600,"language":null,"speaker":null})");
}

TEST(RawSocket, AFinalHasWordsAndItsConfidence) {
  const std::vector<media::WordTime> words{
      {"\"Hi\"", MediaTime::from_ms(-1), MediaTime::from_ms(250)}};
  EXPECT_EQ(to_json({.is_final = true,
                     .utterance = 1,
                     .text = "\"Hi\"",
                     .stable_bytes = 4,
                     .end = MediaTime::from_ms(300),
                     .language = "en",
                     .words = &words,
                     .confidence = 0.5}),
            R"({"type":"final","utterance":1,"text":"\"Hi\"","stable":"\"Hi\"","start_ms":0,)"
            R"("end_ms":300,"words":[{"word":"\"Hi\"","start_ms":0,"end_ms":250}],)"
            R"("language":"en","speaker":null,"confidence":0.5})");
}

TEST(RawSocket, EmotionAndEventAreToldWhereThereAreAny) {
  EXPECT_EQ(to_json({.is_final = true,
                     .utterance = 1,
                     .text = "Hi",
                     .stable_bytes = 2,
                     .emotion = "HAPPY",
                     .event = "Laughter"}),
            R"({"type":"final","utterance":1,"text":"Hi","stable":"Hi","start_ms":0,"end_ms":0,)"
            R"("language":null,"speaker":null,"emotion":"HAPPY","event":"Laughter",)"
            R"("confidence":null})");
}

TEST(RawSocket, OtherEvents) {
  EXPECT_EQ(speech_started_json(3, MediaTime::from_ms(40)),
            R"({"type":"speech_started","utterance":3,"start_ms":40})");
  EXPECT_EQ(listen_done_json(MediaTime::from_ms(1000)), R"({"type":"done","audio_ms":1000})");
  EXPECT_EQ(listen_error_json(400, "No.", "rate", 2),
            R"({"type":"error","code":400,"message":"No.","field":"rate","retry_after":2,)"
            R"("retry_after_ms":2000})");
}

TEST(RawSocket, ConfidenceIsTheMeanOfItsTokens) {
  EXPECT_FALSE(confidence_of({}));
  EXPECT_NEAR(*confidence_of({{"a", 0.0}, {"b", -0.6931471805599453}}), 0.75, 1e-9);
}

}  // namespace
}  // namespace parley::protocol
