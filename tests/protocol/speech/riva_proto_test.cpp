// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/riva_proto.h"

#include <gtest/gtest.h>
#include <riva/riva_tts.pb.h>

namespace parley::protocol {
namespace {

namespace wire = nvidia::riva::tts;
using media::MediaTime;

RivaOrder parsed(const wire::SynthesizeSpeechRequest& request) {
  const RivaOrderResult result = parse_riva_synthesize(request.SerializeAsString(), 100);
  EXPECT_TRUE(std::holds_alternative<RivaOrder>(result)) << std::get<ProtocolError>(result).message;
  return std::get<RivaOrder>(result);
}

std::string field_at_fault(const wire::SynthesizeSpeechRequest& request) {
  const RivaOrderResult result = parse_riva_synthesize(request.SerializeAsString(), 100);
  const ProtocolError* error = std::get_if<ProtocolError>(&result);
  return error == nullptr ? "none" : error->param.value_or("");
}

TEST(RivaProto, WhatTheirClientSends) {
  wire::SynthesizeSpeechRequest request;
  request.set_text("Is it recognize speech?");
  request.set_language_code("en-US");
  request.set_encoding(nvidia::riva::LINEAR_PCM);
  request.set_sample_rate_hz(22'050);
  request.set_voice_name("English-US.Female-1");
  request.set_enable_word_time_offsets(true);
  request.mutable_id()->set_value("r-1");
  (*request.mutable_custom_configuration())["speed"] = "1.25";
  (*request.mutable_custom_configuration())["exaggeration_factor"] = "1.5";
  const RivaOrder order = parsed(request);
  EXPECT_EQ(order.speak.text, "Is it recognize speech?");
  EXPECT_TRUE(order.speak.is_whole);
  EXPECT_EQ(order.speak.format, (OutputFormat{SpeechFormat::pcm, 22'050, 0}));
  EXPECT_EQ(order.speak.voice, "English-US.Female-1");
  EXPECT_EQ(order.speak.language, "en");
  EXPECT_EQ(order.speak.speed, 1.25);
  EXPECT_FALSE(order.speak.ssml);
  EXPECT_TRUE(order.words);
  EXPECT_EQ(order.id, "r-1");
}

TEST(RivaProto, TheNamesThatWeTellComeBackAsVoices) {
  wire::SynthesizeSpeechRequest request;
  request.set_voice_name("Parley.joe");
  EXPECT_EQ(parsed(request).speak.voice, "joe");
  request.set_voice_name("Parley");
  EXPECT_EQ(parsed(request).speak.voice, "Parley");
  request.set_voice_name("Parleyjoe");
  EXPECT_EQ(parsed(request).speak.voice, "Parleyjoe");
}

TEST(RivaProto, SsmlIsKnownByItsFirstTag) {
  wire::SynthesizeSpeechRequest request;
  request.set_text("\n <speak>Hello</speak>");
  EXPECT_TRUE(parsed(request).speak.ssml);
  request.set_text("say <speak>");
  EXPECT_FALSE(parsed(request).speak.ssml);
}

TEST(RivaProto, Encodings) {
  const std::pair<nvidia::riva::AudioEncoding, SpeechFormat> pairs[] = {
      {nvidia::riva::ENCODING_UNSPECIFIED, SpeechFormat::pcm},
      {nvidia::riva::FLAC, SpeechFormat::flac},
      {nvidia::riva::MULAW, SpeechFormat::pcmu},
      {nvidia::riva::OGGOPUS, SpeechFormat::opus},
      {nvidia::riva::ALAW, SpeechFormat::pcma}};
  for (const auto& [encoding, format] : pairs) {
    wire::SynthesizeSpeechRequest request;
    request.set_encoding(encoding);
    EXPECT_EQ(parsed(request).speak.format.format, format);
  }
}

TEST(RivaProto, NamesTheFieldAtFault) {
  wire::SynthesizeSpeechRequest request;
  EXPECT_EQ(field_at_fault(request), "none") << "a stream may begin with settings only";
  request.set_text("  ");
  EXPECT_EQ(field_at_fault(request), "text");
  request.set_text(std::string(101, 'x'));
  EXPECT_EQ(field_at_fault(request), "text");
  request.set_text("Hello");
  request.set_sample_rate_hz(1);
  EXPECT_EQ(field_at_fault(request), "sample_rate_hz");
  request.set_sample_rate_hz(0);
  for (const char* speed : {"0", "fast", "1x", "", "9", "nan"}) {
    (*request.mutable_custom_configuration())["speed"] = speed;
    EXPECT_EQ(field_at_fault(request), "custom_configuration.speed") << speed;
  }
  request.clear_custom_configuration();
  request.set_encoding(static_cast<nvidia::riva::AudioEncoding>(9));
  EXPECT_EQ(field_at_fault(request), "encoding");
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_riva_synthesize("\xFF", 100)));
}

TEST(RivaProto, Answers) {
  wire::SynthesizeSpeechResponse told;
  ASSERT_TRUE(told.ParseFromString(to_proto(RivaAnswer{
      "bytes", "2", "two", {{"two", MediaTime::from_ms(10), MediaTime::from_ms(20)}}, "r-1"})));
  EXPECT_EQ(told.audio(), "bytes");
  EXPECT_EQ(told.meta().text(), "2");
  EXPECT_EQ(told.meta().processed_text(), "two");
  ASSERT_EQ(told.meta().words_size(), 1);
  EXPECT_EQ(told.meta().words(0).word(), "two");
  EXPECT_EQ(told.meta().words(0).start_time(), 10);
  EXPECT_EQ(told.meta().words(0).end_time(), 20);
  EXPECT_EQ(told.id().value(), "r-1");
  ASSERT_TRUE(told.ParseFromString(to_proto(RivaAnswer{"more", {}, {}, {}, {}})));
  EXPECT_FALSE(told.has_meta());
  EXPECT_FALSE(told.has_id());
}

TEST(RivaProto, VoicesAreSubVoicesOfOneModelForEachLanguage) {
  const std::vector<VoiceShown> voices{
      {"joe", "Joe", "en-US"}, {"huayan", "Huayan", "zh-CN"}, {"amy", "Amy", "en-US"}};
  const auto config = [&](const std::string& name) {
    wire::RivaSynthesisConfigRequest request;
    request.set_model_name(name);
    const RivaConfigResult result = riva_config(request.SerializeAsString(), voices);
    wire::RivaSynthesisConfigResponse told;
    EXPECT_TRUE(told.ParseFromString(std::get<std::string>(result)));
    return told;
  };
  for (const std::string name : {"", "Parley"}) {
    const wire::RivaSynthesisConfigResponse told = config(name);
    ASSERT_EQ(told.model_config_size(), 2);
    const auto& english = told.model_config(0).parameters();
    EXPECT_EQ(told.model_config(0).model_name(), "Parley");
    EXPECT_EQ(english.at("language_code"), "en-US");
    EXPECT_EQ(english.at("voice_name"), "Parley");
    EXPECT_EQ(english.at("subvoices"), "joe:0,amy:2");
    EXPECT_EQ(told.model_config(1).parameters().at("subvoices"), "huayan:1");
  }
  EXPECT_EQ(config("another").model_config_size(), 0);
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(riva_config("\xFF", voices)));
}

}  // namespace
}  // namespace parley::protocol
