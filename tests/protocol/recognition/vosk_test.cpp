// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/vosk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

TEST(Vosk, MessagesAreReadAsItsClientsWriteThem) {
  const auto config = std::get<VoskConfig>(std::get<VoskMessage>(parse_vosk_message(
      R"({ "config" : { "sample_rate" : 8000.0, "words": true,
                        "phrase_list": ["Svea Lindqvist", "parley", "[unk]", ""] } })")));
  EXPECT_EQ(config.rate, 8000);
  EXPECT_EQ(config.words, true);
  EXPECT_THAT(*config.hot_words, testing::ElementsAre("Svea Lindqvist", "parley"));
  const auto empty =
      std::get<VoskConfig>(std::get<VoskMessage>(parse_vosk_message(R"({"config":{}})")));
  EXPECT_FALSE(empty.rate || empty.words || empty.hot_words);
  EXPECT_TRUE(
      std::holds_alternative<VoskEnd>(std::get<VoskMessage>(parse_vosk_message(R"({"eof" : 1})"))));
  EXPECT_TRUE(std::holds_alternative<VoskReset>(
      std::get<VoskMessage>(parse_vosk_message(R"({"reset" : 1})"))));
}

TEST(Vosk, WhatIsWrongIsNamed) {
  const auto param_of = [](std::string_view frame) {
    return std::get<ProtocolError>(parse_vosk_message(frame)).param.value_or("");
  };
  EXPECT_EQ(param_of(R"({})"), "config");
  EXPECT_EQ(param_of(R"({"config":7})"), "config");
  EXPECT_EQ(param_of(R"({"config":{"sample_rate":11025}})"), "config.sample_rate");
  EXPECT_EQ(param_of(R"({"config":{"words":1}})"), "config.words");
  EXPECT_EQ(param_of(R"({"config":{"phrase_list":"a b"}})"), "config.phrase_list");
  EXPECT_EQ(param_of(R"({"config":{"phrase_list":["a", 7]}})"), "config.phrase_list[1]");
  EXPECT_EQ(param_of(R"({"config":{"phrase_list":[")" + std::string(257, 'a') + R"("]}})"),
            "config.phrase_list");
  EXPECT_EQ(param_of("eof"), "");
}

TEST(Vosk, ResultsHaveItsShape) {
  EXPECT_EQ(vosk_partial("the cap"), R"({"partial":"the cap"})");
  EXPECT_EQ(vosk_result("", nullptr, 1.0), R"({"text":""})");
  const std::vector<media::WordTime> words{
      {"the", MediaTime::from_ms(500), MediaTime::from_ms(750)}};
  EXPECT_EQ(vosk_result("the", &words, 0.5),
            R"({"result":[{"conf":0.5,"end":0.75,"start":0.5,"word":"the"}],"text":"the"})");
}

}  // namespace
}  // namespace parley::protocol
