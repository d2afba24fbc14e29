// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/socket_message.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

template <typename Message>
Message taken(const SocketMessageResult& result) {
  if (const auto* error = std::get_if<ProtocolError>(&result)) {
    ADD_FAILURE() << error->message;
    return {};
  }
  const auto* message = std::get_if<Message>(&std::get<SocketMessage>(result));
  if (message != nullptr) return *message;
  ADD_FAILURE() << "another message";
  return {};
}

ProtocolError refused(const SocketMessageResult& result) {
  if (const auto* error = std::get_if<ProtocolError>(&result)) return *error;
  ADD_FAILURE() << "it was taken";
  return {};
}

SocketMessageResult parse(std::string_view json) { return parse_socket_message(json, {}); }

TEST(SocketMessageTest, SpeakSaysEverything) {
  const auto speak = taken<Speak>(parse(
      R"({"type":"speak","id":"a","text":"Hello.","finish":true,"voice":"joe","speed":1.5,
          "format":"mp3","samplerate":44100,"bitrate":128,"language":"fr","ssml":true,
          "normalise":false,"phonemes":true,"priority":"bulk","lead_ms":2000})"));
  EXPECT_EQ(speak.id, "a");
  EXPECT_EQ(speak.text, "Hello.");
  EXPECT_TRUE(speak.is_whole);
  EXPECT_EQ(speak.voice, "joe");
  EXPECT_EQ(speak.speed, 1.5);
  EXPECT_EQ(speak.format, (OutputFormat{SpeechFormat::mp3, 44'100, 128}));
  EXPECT_EQ(speak.language, "fr");
  EXPECT_TRUE(speak.ssml);
  EXPECT_FALSE(speak.normalise);
  EXPECT_TRUE(speak.phonemes);
  EXPECT_EQ(speak.priority, SpeechPriority::bulk);
  EXPECT_EQ(speak.lead_ms, 2000);
}

TEST(SocketMessageTest, SpeakSaysNothing) {
  const auto speak = taken<Speak>(parse(R"({"type":"speak"})"));
  EXPECT_TRUE(speak.text.empty());
  EXPECT_FALSE(speak.is_whole);
  EXPECT_EQ(speak.format, (OutputFormat{SpeechFormat::pcm, 24'000, 0}));
  EXPECT_EQ(speak.speed, 1.0);
  EXPECT_TRUE(speak.normalise);
  EXPECT_EQ(speak.lead_ms, std::nullopt);
}

TEST(SocketMessageTest, WhatASpeakDoesNotSayIsAsTheSocketsAddressSaid) {
  Speak defaults;
  defaults.voice = "joe";
  defaults.speed = 0.5;
  defaults.format = {SpeechFormat::opus, 48'000, 32};
  const auto same = taken<Speak>(parse_socket_message(R"({"type":"speak"})", defaults));
  EXPECT_EQ(same.voice, "joe");
  EXPECT_EQ(same.speed, 0.5);
  EXPECT_EQ(same.format, defaults.format);
  const auto other = taken<Speak>(
      parse_socket_message(R"({"type":"speak","voice":"ann","samplerate":16000})", defaults));
  EXPECT_EQ(other.voice, "ann");
  EXPECT_EQ(other.format, (OutputFormat{SpeechFormat::opus, 16'000, 32}));
}

TEST(SocketMessageTest, TelephonesHaveTheirRate) {
  EXPECT_EQ(taken<Speak>(parse(R"({"type":"speak","format":"pcmu"})")).format.rate, 8'000);
  EXPECT_EQ(
      taken<Speak>(parse(R"({"type":"speak","format":"pcma","samplerate":16000})")).format.rate,
      16'000);
}

TEST(SocketMessageTest, APlainTextIsAWholeSpeak) {
  const auto speak = taken<Speak>(parse(R"({"text":"Hello.","voice":"joe","samplerate":16000})"));
  EXPECT_EQ(speak.text, "Hello.");
  EXPECT_TRUE(speak.is_whole);
  EXPECT_EQ(speak.format.rate, 16'000);
}

TEST(SocketMessageTest, OtherVerbs) {
  const auto append = taken<Append>(parse(R"({"type":"append","text":" world","id":"a"})"));
  EXPECT_EQ(append.text, " world");
  EXPECT_EQ(append.id, "a");
  EXPECT_FALSE(append.is_last);
  EXPECT_TRUE(taken<Append>(parse(R"({"type":"append","text":"","finish":true})")).is_last);
  EXPECT_EQ(taken<Flush>(parse(R"({"type":"flush"})")).id, "");
  EXPECT_EQ(taken<Finish>(parse(R"({"type":"finish","id":"b"})")).id, "b");
  EXPECT_EQ(taken<Cancel>(parse(R"({"type":"cancel","id":"c"})")).id, "c");
  taken<CloseSocket>(parse(R"({"type":"close"})"));
}

TEST(SocketMessageTest, MistakesNameTheirField) {
  struct Case {
    const char* json;
    const char* code;
    const char* param;
  };
  constexpr Case kCases[] = {
      {"", "invalid_json", ""},
      {"{", "invalid_json", ""},
      {"[]", "invalid_json", ""},
      {R"({"text":"\ud800"})", "invalid_json", ""},
      {R"({})", "missing_required_parameter", "text"},
      {R"({"type":"sing"})", "invalid_value", "type"},
      {R"({"type":7})", "invalid_type", "type"},
      {R"({"type":"append"})", "missing_required_parameter", "text"},
      {R"({"type":"append","text":7})", "invalid_type", "text"},
      {R"({"type":"flush","text":"x"})", "unknown_parameter", "text"},
      {R"({"type":"speak","vioce":"joe"})", "unknown_parameter", "vioce"},
      {R"({"type":"speak","format":"ogg"})", "invalid_value", "format"},
      {R"({"type":"speak","samplerate":7999})", "invalid_value", "samplerate"},
      {R"({"type":"speak","samplerate":48001})", "invalid_value", "samplerate"},
      {R"({"type":"speak","speed":0.2})", "invalid_value", "speed"},
      {R"({"type":"speak","speed":"fast"})", "invalid_type", "speed"},
      {R"({"type":"speak","bitrate":7})", "invalid_value", "bitrate"},
      {R"({"type":"speak","lead_ms":-1})", "invalid_value", "lead_ms"},
      {R"({"type":"speak","lead_ms":3600001})", "invalid_value", "lead_ms"},
      {R"({"type":"speak","priority":"urgent"})", "invalid_value", "priority"},
      {R"({"type":"speak","ssml":"yes"})", "invalid_type", "ssml"},
  };
  for (const Case& given : kCases) {
    const ProtocolError error = refused(parse(given.json));
    EXPECT_EQ(error.code, given.code) << given.json;
    EXPECT_EQ(error.param.value_or(""), given.param) << given.json;
  }
}

TEST(SocketMessageTest, NamesHaveALimit) {
  const std::string longest(kSocketNameBytesMax, 'x');
  EXPECT_EQ(taken<Speak>(parse(R"({"type":"speak","id":")" + longest + "\"}")).id, longest);
  for (const char* key : {"id", "voice"}) {
    const std::string json = R"({"type":"speak",")" + std::string(key) + "\":\"" + longest + "x\"}";
    EXPECT_EQ(refused(parse(json)).param, key);
  }
}

TEST(SocketMessageTest, DeepgramsVerbsAreOurs) {
  EXPECT_EQ(taken<Append>(parse_deepgram_message(R"({"type":"Speak","text":"Hi","x":1})")).text,
            "Hi");
  taken<Flush>(parse_deepgram_message(R"({"type":"Flush"})"));
  taken<Cancel>(parse_deepgram_message(R"({"type":"Clear"})"));
  taken<CloseSocket>(parse_deepgram_message(R"({"type":"Close"})"));
  EXPECT_EQ(refused(parse_deepgram_message(R"({"type":"speak","text":"Hi"})")).param, "type");
  EXPECT_EQ(refused(parse_deepgram_message(R"({"text":"Hi"})")).param, "type");
  EXPECT_EQ(refused(parse_deepgram_message(R"({"type":"Speak"})")).param, "text");
}

}  // namespace
}  // namespace parley::protocol
