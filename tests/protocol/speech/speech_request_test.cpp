// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/speech_request.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

constexpr std::size_t kMax = 100;

SpeechOrder order_of(const SpeechOrderResult& result) {
  const auto* order = std::get_if<SpeechOrder>(&result);
  if (order != nullptr) return *order;
  ADD_FAILURE() << std::get<ProtocolError>(result).message;
  return {};
}

ProtocolError error_of(const SpeechOrderResult& result) {
  const auto* error = std::get_if<ProtocolError>(&result);
  if (error != nullptr) return *error;
  ADD_FAILURE() << "it was taken";
  return {};
}

TEST(SpeechRequest, OpenAiDefaults) {
  const SpeechOrder order =
      order_of(parse_openai_speech(R"({"model":"tts-1","input":"Hello.","voice":"alloy"})", kMax));
  EXPECT_EQ(order.model, "tts-1");
  EXPECT_EQ(order.text, "Hello.");
  EXPECT_EQ(order.voice, "alloy");
  EXPECT_EQ(order.format, SpeechFormat::mp3);
  EXPECT_EQ(order.speed, 1.0);
  EXPECT_EQ(order.rate, 24'000);
  EXPECT_FALSE(order.sse);
  EXPECT_FALSE(order.ssml);
  EXPECT_EQ(order.priority, SpeechPriority::interactive);
}

TEST(SpeechRequest, OpenAiEverything) {
  const SpeechOrder order = order_of(parse_openai_speech(
      R"({"model":"gpt-4o-mini-tts","input":"Hi","voice":{"id":"voice_1"},"response_format":"opus",
          "speed":1.5,"stream_format":"sse","instructions":"cheerful","language":"fr","ssml":true,
          "priority":"bulk","sample_rate":16000,"something_else":[1,2]})",
      kMax));
  EXPECT_EQ(order.voice, "voice_1");
  EXPECT_EQ(order.format, SpeechFormat::opus);
  EXPECT_EQ(order.speed, 1.5);
  EXPECT_TRUE(order.sse);
  EXPECT_EQ(order.language, "fr");
  EXPECT_TRUE(order.ssml);
  EXPECT_EQ(order.priority, SpeechPriority::bulk);
  EXPECT_EQ(order.rate, 16'000);
}

TEST(SpeechRequest, EveryFormatByName) {
  constexpr std::pair<const char*, SpeechFormat> kNames[] = {
      {"mp3", SpeechFormat::mp3},   {"opus", SpeechFormat::opus}, {"aac", SpeechFormat::aac},
      {"flac", SpeechFormat::flac}, {"wav", SpeechFormat::wav},   {"pcm", SpeechFormat::pcm}};
  for (const auto& [name, format] : kNames) {
    const std::string json =
        R"({"input":"a","voice":"x","response_format":")" + std::string(name) + "\"}";
    EXPECT_EQ(order_of(parse_openai_speech(json, kMax)).format, format) << name;
  }
}

struct Refused {
  const char* json;
  const char* param;  // "" : none
  const char* says;   // a part of the message
};

TEST(SpeechRequest, OpenAiErrorsNameTheField) {
  const std::string long_text = R"({"input":")" + std::string(kMax + 1, 'a') + "\"}";
  const Refused cases[] = {
      {"", "", "JSON"},
      {"[]", "", "JSON"},
      {R"({"input":"a)", "", "JSON"},
      {R"({"voice":"alloy"})", "input", "input"},
      {R"({"input":null})", "input", "input"},
      {R"({"input":17})", "input", "a string"},
      {R"({"input":""})", "input", "text to speak"},
      {R"({"input":" \n"})", "input", "text to speak"},
      {long_text.c_str(), "input", "101"},
      {R"({"input":"a","voice":7})", "voice", "a string"},
      {R"({"input":"a","voice":{}})", "voice.id", "voice.id"},
      {R"({"input":"a","response_format":"ogg"})", "response_format", "'ogg'"},
      {R"({"input":"a","stream_format":"ws"})", "stream_format", "'ws'"},
      {R"({"input":"a","speed":5})", "speed", "between 0.25 and 4"},
      {R"({"input":"a","speed":"fast"})", "speed", "a number"},
      {R"({"input":"a","sample_rate":1000})", "sample_rate", "between 8000 and 48000"},
      {R"({"input":"a","priority":"soon"})", "priority", "'soon'"},
      {R"({"input":"a","ssml":"yes"})", "ssml", "a boolean"},
  };
  for (const Refused& wrong : cases) {
    const ProtocolError error = error_of(parse_openai_speech(wrong.json, kMax));
    EXPECT_EQ(error.param.value_or(""), wrong.param) << wrong.json;
    EXPECT_NE(error.message.find(wrong.says), std::string::npos) << error.message;
  }
}

TEST(SpeechRequest, CountsCharactersAndNotBytes) {
  std::string text;
  for (std::size_t i = 0; i < kMax; ++i) text += "é";
  EXPECT_EQ(order_of(parse_openai_speech(R"({"input":")" + text + "\"}", kMax)).text, text);
}

TEST(SpeechRequest, AudioStreamAnswersAt24000UnlessAsked) {
  const SpeechOrder plain = order_of(parse_audio_stream(R"({"text":"Hello"})", kMax));
  EXPECT_EQ(plain.text, "Hello");
  EXPECT_EQ(plain.rate, 24'000);
  EXPECT_EQ(plain.format, SpeechFormat::pcm);
  const SpeechOrder asked = order_of(
      parse_audio_stream(R"({"text":"Hello","voice":"joe","speed":0.5,"samplerate":8000})", kMax));
  EXPECT_EQ(asked.voice, "joe");
  EXPECT_EQ(asked.speed, 0.5);
  EXPECT_EQ(asked.rate, 8'000);
}

TEST(SpeechRequest, AudioStreamRefusesWhatItDoesNotKnow) {
  const ProtocolError error = error_of(parse_audio_stream(R"({"text":"a","speeed":2})", kMax));
  EXPECT_EQ(error.param.value_or(""), "speeed");
  EXPECT_EQ(error_of(parse_audio_stream(R"({"input":"a"})", kMax)).param.value_or(""), "text");
}

}  // namespace
}  // namespace parley::protocol
