// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/eleven_labs_message.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

ElevenLabsMessage message_of(std::string_view json) {
  const auto result = parse_eleven_labs_message(json);
  if (const auto* message = std::get_if<ElevenLabsMessage>(&result)) return *message;
  ADD_FAILURE() << std::get<ProtocolError>(result).message;
  return {};
}

std::string fault_of(std::string_view json) {
  const auto result = parse_eleven_labs_message(json);
  if (const auto* error = std::get_if<ProtocolError>(&result)) {
    return error->param.value_or(error->code);
  }
  return "none";
}

TEST(ElevenLabsMessageTest, TheFirstOneSetsUp) {
  const auto first = message_of(
      R"({"text":" ","voice_settings":{"stability":0.5,"similarity_boost":0.8,"speed":1.1},
          "generation_config":{"chunk_length_schedule":[50,120.0]},"xi_api_key":"sesame",
          "pronunciation_dictionary_locators":[]})");
  EXPECT_EQ(first.text, " ");
  EXPECT_EQ(first.speed, 1.1);
  EXPECT_EQ(first.schedule, (std::vector<std::int32_t>{50, 120}));
  EXPECT_EQ(first.api_key, "sesame");
  EXPECT_FALSE(first.flush);
}

/// The client sends null for what its caller did not say.
TEST(ElevenLabsMessageTest, NullIsNothing) {
  const auto first = message_of(
      R"({"text":" ","try_trigger_generation":true,"voice_settings":null,
          "generation_config":{"chunk_length_schedule":null}})");
  EXPECT_EQ(first.speed, std::nullopt);
  EXPECT_TRUE(first.schedule.empty());
  EXPECT_TRUE(first.try_trigger);
}

TEST(ElevenLabsMessageTest, KeysAreSpeltInManyWays) {
  EXPECT_EQ(message_of(R"({"text":" ","xi-api-key":"k"})").api_key, "k");
  EXPECT_EQ(message_of(R"({"text":" ","xi_api_key":"k"})").api_key, "k");
  EXPECT_EQ(message_of(R"({"text":" ","authorization":"Bearer k"})").api_key, "k");
  EXPECT_EQ(message_of(R"({"text":" ","authorization":"k"})").api_key, "k");
  EXPECT_EQ(message_of(R"({"text":" "})").api_key, "");
}

TEST(ElevenLabsMessageTest, ControlMessages) {
  EXPECT_EQ(message_of(R"({"text":""})").text, "");
  EXPECT_TRUE(message_of(R"({"text":"x ","flush":true})").flush);
  EXPECT_TRUE(message_of(R"({"context_id":"a","flush":true})").flush);
  const auto close = message_of(R"({"context_id":"a","close_context":true})");
  EXPECT_TRUE(close.close_context);
  EXPECT_EQ(close.context, "a");
  EXPECT_EQ(close.text, std::nullopt);
  EXPECT_TRUE(message_of(R"({"close_socket":true})").close_socket);
  EXPECT_EQ(message_of(R"({"text":"x","contextId":"b"})").context, "b");
}

TEST(ElevenLabsMessageTest, MistakesNameTheirField) {
  EXPECT_EQ(fault_of("x"), "invalid_json");
  EXPECT_EQ(fault_of("{}"), "text");
  EXPECT_EQ(fault_of(R"({"text":1})"), "text");
  EXPECT_EQ(fault_of(R"({"text":"","flush":"yes"})"), "flush");
  EXPECT_EQ(fault_of(R"({"text":"","voice_settings":1})"), "voice_settings");
  EXPECT_EQ(fault_of(R"({"text":"","voice_settings":{"speed":9}})"), "voice_settings.speed");
  const std::string schedule = "generation_config.chunk_length_schedule";
  const std::string before = R"({"text":"","generation_config":{"chunk_length_schedule":)";
  EXPECT_EQ(fault_of(before + "[0]}}"), schedule);
  EXPECT_EQ(fault_of(before + "[501]}}"), schedule);
  EXPECT_EQ(fault_of(before + "[\"50\"]}}"), schedule);
  EXPECT_EQ(fault_of(before + "50}}"), schedule);
  std::string many = "50";
  for (std::size_t i = 0; i < kScheduleStepsMax; ++i) many += ",50";
  EXPECT_EQ(fault_of(before + "[" + many + "]}}"), schedule);
  EXPECT_EQ(
      fault_of(R"({"text":"","context_id":")" + std::string(kContextBytesMax + 1, 'x') + "\"}"),
      "context_id");
}

TEST(ElevenLabsOrderTest, WhatTheClientPosts) {
  const auto result = parse_eleven_labs_order(
      R"({"text":"Hello.","model_id":"eleven_flash_v2_5","language_code":"en","seed":7,
          "voice_settings":{"speed":0.9,"style":0.1},"apply_text_normalization":"off"})",
      100);
  const auto& order = std::get<ElevenLabsOrder>(result);
  EXPECT_EQ(order.text, "Hello.");
  EXPECT_EQ(order.model, "eleven_flash_v2_5");
  EXPECT_EQ(order.language, "en");
  EXPECT_EQ(order.speed, 0.9);
  EXPECT_FALSE(order.normalise);
}

TEST(ElevenLabsOrderTest, TextIsNeededAndLimited) {
  const auto fault = [](std::string_view json) {
    const auto result = parse_eleven_labs_order(json, 3);
    const auto* error = std::get_if<ProtocolError>(&result);
    return error == nullptr ? "none" : error->param.value_or(error->code);
  };
  EXPECT_EQ(fault(R"({"text":"äöü"})"), "none");
  EXPECT_EQ(fault(R"({"text":"four"})"), "text");
  EXPECT_EQ(fault(R"({"text":""})"), "text");
  EXPECT_EQ(fault(R"({})"), "text");
  EXPECT_EQ(fault("nothing"), "invalid_json");
}

}  // namespace
}  // namespace parley::protocol
