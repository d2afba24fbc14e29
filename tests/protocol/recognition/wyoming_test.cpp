// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/wyoming.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// The one event of `bytes`.
template <typename Event>
Event read(std::string_view bytes) {
  WyomingReader reader;
  reader.append(bytes_of(bytes));
  const auto event = reader.next();
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.waiting_bytes(), 0U);
  return std::get<Event>(std::get<WyomingEvent>(event.value()));
}

std::string param_of(std::string_view bytes, bool is_broken = false) {
  WyomingReader reader;
  reader.append(bytes_of(bytes));
  const auto event = reader.next();
  EXPECT_EQ(reader.is_broken(), is_broken);
  return std::get<ProtocolError>(event.value()).param.value_or("");
}

TEST(Wyoming, EventsAreReadAsClientsWriteThem) {
  EXPECT_EQ(read<WyomingTranscribe>("{\"type\":\"transcribe\",\"version\":\"1.10.2\","
                                    "\"data_length\":18}\n{\"language\": \"en\"}")
                .language,
            "en");
  const auto start = read<WyomingAudioStart>(
      "{\"type\":\"audio-start\",\"data\":{\"rate\":22050,\"width\":2,\"channels\":2,"
      "\"timestamp\":null}}\n");
  EXPECT_EQ(start.format.rate, 22'050);
  EXPECT_EQ(start.format.channels, 2);
  // What stands behind the line counts before what is in it.
  const auto chunk = read<WyomingAudioChunk>(
      "{\"type\":\"audio-chunk\",\"data\":{\"rate\":8000},\"data_length\":14,"
      "\"payload_length\":4}\n{\"rate\":16000}\n\n{}");
  EXPECT_EQ(chunk.format.rate, 16'000);
  EXPECT_EQ(chunk.samples, "\n\n{}");
  const auto order = read<WyomingSynthesize>(wyoming_event(
      "synthesize", R"({"text":"Grüße","voice":{"name":"joe","speaker":"a"},"context":null})"));
  EXPECT_EQ(order.text, "Grüße");
  EXPECT_EQ(order.voice, "joe#a");
  EXPECT_EQ(read<WyomingDetect>(wyoming_event("detect", R"({"names":["a","b"]})")).names.size(),
            2U);
  EXPECT_TRUE(read<WyomingDetect>(wyoming_event("detect", R"({"names":null})")).names.empty());
  EXPECT_EQ(read<WyomingPing>("{\"type\":\"ping\",\"data\":{\"text\":\"a\"}}\n").text, "a");
  EXPECT_EQ(read<WyomingUnknown>("{\"type\":\"run-satellite\"}\n").type, "run-satellite");
  read<WyomingDescribe>("{\"type\":\"describe\",\"data_length\":0,\"payload_length\":null}\n");
}

TEST(Wyoming, AnEventMayComeByteByByte) {
  const std::string bytes = wyoming_audio_chunk(16'000, {}, "\n{\"type\":1}") + wyoming_pong("");
  WyomingReader reader;
  std::size_t events = 0;
  for (const char byte : bytes) {
    reader.append(bytes_of({&byte, 1}));
    while (reader.next()) ++events;
  }
  EXPECT_EQ(events, 2U);
}

TEST(Wyoming, MistakesInFieldsLeaveTheStreamReadable) {
  EXPECT_EQ(param_of(wyoming_event("audio-start", R"({"rate":11025})")), "rate");
  EXPECT_EQ(param_of(wyoming_event("audio-start", R"({"width":4})")), "width");
  EXPECT_EQ(param_of(wyoming_event("audio-chunk", R"({"channels":99})")), "channels");
  EXPECT_EQ(param_of(wyoming_event("synthesize", R"({"voice":"joe"})")), "voice");
  EXPECT_EQ(param_of(wyoming_event("synthesize", R"({"text_format":"html"})")), "text_format");
  EXPECT_EQ(param_of("{}\n"), "type");
  EXPECT_EQ(param_of(wyoming_event("describe", "[]")), "");
}

TEST(Wyoming, MistakesOfTheFrameEndIt) {
  EXPECT_EQ(param_of("GET / HTTP/1.1\r\n", true), "");
  EXPECT_EQ(param_of("{\"type\":\"a\",\"data_length\":-1}\n", true), "data_length");
  EXPECT_EQ(param_of("{\"type\":\"a\",\"payload_length\":9999999}\n", true), "payload_length");
  EXPECT_EQ(param_of(std::string(70'000, 'a'), true), "line");
}

TEST(Wyoming, AnswersAreEvents) {
  EXPECT_EQ(wyoming_transcript("transcript", "Hi.", "en"),
            "{\"type\":\"transcript\",\"data_length\":30}\n{\"text\":\"Hi.\",\"language\":\"en\"}");
  EXPECT_EQ(wyoming_error("No.", "busy"),
            "{\"type\":\"error\",\"data_length\":28}\n{\"text\":\"No.\",\"code\":\"busy\"}");
  EXPECT_EQ(wyoming_detection("a", media::MediaTime::from_ms(40)),
            "{\"type\":\"detection\",\"data_length\":27}\n{\"name\":\"a\",\"timestamp\":40}");
  const std::string info = to_event({.version = "1",
                                     .asr_model = "moonshine",
                                     .asr_languages = {"en"},
                                     .voices = {{"joe", "en-US"}},
                                     .wake_phrases = {"hey_jarvis"}});
  const auto data = boost::json::parse(info.substr(info.find('\n') + 1)).as_object();
  for (const char* kind : {"asr", "tts", "wake"}) {
    const auto& program = data.at(kind).as_array().at(0).as_object();
    EXPECT_TRUE(program.at("installed").as_bool());
    EXPECT_TRUE(program.at("attribution").as_object().contains("url"));
    const auto& models = program.at(std::string_view(kind) == "tts" ? "voices" : "models");
    EXPECT_TRUE(models.as_array().at(0).as_object().at("languages").is_array());
  }
}

}  // namespace
}  // namespace parley::protocol
