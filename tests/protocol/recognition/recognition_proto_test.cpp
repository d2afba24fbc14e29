// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/recognition_proto.h"

#include <vector>

#include <gtest/gtest.h>
#include <parley/recognition/v1/recognition.pb.h>

namespace parley::protocol {
namespace {

namespace wire = parley::recognition::v1;
using media::MediaTime;

auto parse(const wire::RecognizeStreamRequest& request) {
  return parse_recognize_stream(request.SerializeAsString());
}

ListenOrder order_of(const wire::RecognitionConfig& config) {
  wire::RecognizeStreamRequest request;
  *request.mutable_config() = config;
  const auto parsed = parse(request);
  EXPECT_TRUE(std::holds_alternative<ListenMessage>(parsed));
  return std::get<ListenOrder>(std::get<ListenMessage>(parsed));
}

std::string field_at_fault(const wire::RecognitionConfig& config) {
  wire::RecognizeStreamRequest request;
  *request.mutable_config() = config;
  const auto parsed = parse(request);
  const auto* error = std::get_if<ProtocolError>(&parsed);
  return error == nullptr ? "none" : error->param.value_or("");
}

wire::RecognizeStreamResponse read(const std::string& bytes) {
  wire::RecognizeStreamResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  return response;
}

TEST(RecognitionProto, AnEmptyConfigurationIsTheUsualOne) {
  const ListenOrder order = order_of({});
  EXPECT_EQ(order.encoding, AudioEncoding::pcm_s16le);
  EXPECT_EQ(order.rate, 16'000);
  EXPECT_EQ(order.language, "");
  EXPECT_TRUE(order.partials);
  EXPECT_EQ(order.silence_ms, 500);
}

TEST(RecognitionProto, EveryFieldCounts) {
  wire::RecognitionConfig config;
  config.set_encoding(wire::FLOAT32);
  config.set_sample_rate_hz(48'000);
  config.set_language_code("fr-FR");
  config.set_no_partials(true);
  config.set_silence_ms(250);
  config.add_hot_words("Svea Lindqvist");
  const ListenOrder order = order_of(config);
  EXPECT_EQ(order.encoding, AudioEncoding::pcm_f32le);
  EXPECT_EQ(order.rate, 48'000);
  EXPECT_EQ(order.language, "fr");
  EXPECT_FALSE(order.partials);
  EXPECT_EQ(order.silence_ms, 250);
  EXPECT_EQ(order.hot_words, std::vector<std::string>{"Svea Lindqvist"});
  config = {};
  config.set_encoding(wire::ALAW);
  EXPECT_EQ(order_of(config).rate, 8'000) << "a telephone";
  config.set_encoding(wire::OPUS);
  config.set_sample_rate_hz(12'000);
  EXPECT_EQ(order_of(config).encoding, AudioEncoding::opus);
}

TEST(RecognitionProto, WhatIsWrongIsNamed) {
  wire::RecognitionConfig config;
  config.set_encoding(static_cast<wire::AudioEncoding>(77));
  EXPECT_EQ(field_at_fault(config), "config.encoding");
  for (const int rate : {-1, 12'000, 11'025, 1'000'000}) {
    config = {};
    config.set_sample_rate_hz(rate);
    EXPECT_EQ(field_at_fault(config), "config.sample_rate_hz") << rate;
  }
  config = {};
  config.set_encoding(wire::OPUS);
  config.set_sample_rate_hz(44'100);
  EXPECT_EQ(field_at_fault(config), "config.sample_rate_hz");
  for (const int silence : {-1, 99, 10'001}) {
    config = {};
    config.set_silence_ms(silence);
    EXPECT_EQ(field_at_fault(config), "config.silence_ms") << silence;
  }
  config = {};
  config.set_language_code(std::string(36, 'x'));
  EXPECT_EQ(field_at_fault(config), "config.language_code");
  config = {};
  config.add_hot_words(std::string(257, 'x'));
  EXPECT_EQ(field_at_fault(config), "config.hot_words");
}

TEST(RecognitionProto, TheOtherMessages) {
  wire::RecognizeStreamRequest request;
  request.set_audio(std::string("\0\xFF", 2));
  EXPECT_EQ(std::get<AudioPiece>(std::get<ListenMessage>(parse(request))).bytes,
            std::string("\0\xFF", 2));
  request.mutable_flush()->set_id(9);
  EXPECT_EQ(std::get<ListenFlush>(std::get<ListenMessage>(parse(request))).id, 9U);
  request.mutable_finish();
  EXPECT_TRUE(std::holds_alternative<EndOfAudio>(std::get<ListenMessage>(parse(request))));
  request.mutable_cancel();
  EXPECT_TRUE(std::holds_alternative<ListenCancel>(std::get<ListenMessage>(parse(request))));
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse({})));
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_recognize_stream("\xFF\xFF")));
}

TEST(RecognitionProto, WhatStaysIsCountedInCharacters) {
  const auto result = read(to_proto(Recognized{.utterance = 2,
                                               .text = "Grüß Gott",
                                               .stable_bytes = 6,
                                               .begin = MediaTime::from_ms(120),
                                               .end = MediaTime::from_ms(600)}))
                          .result();
  EXPECT_EQ(result.utterance(), 2U);
  EXPECT_FALSE(result.is_final());
  EXPECT_EQ(result.text(), "Grüß Gott");
  EXPECT_EQ(result.stable_characters(), 4U);
  EXPECT_EQ(result.begin_ms(), 120);
  EXPECT_EQ(result.end_ms(), 600);
  EXPECT_FALSE(result.has_confidence());
}

TEST(RecognitionProto, AFinalHasWordsLanguageAndSpeaker) {
  const std::vector<media::WordTime> words{{"Hi", MediaTime::from_ms(-1), MediaTime::from_ms(250)}};
  const auto result = read(to_proto(Recognized{.is_final = true,
                                               .utterance = 1,
                                               .text = "Hi",
                                               .stable_bytes = 2,
                                               .language = "en",
                                               .speaker = "Anna",
                                               .words = &words,
                                               .confidence = 0.5}))
                          .result();
  EXPECT_TRUE(result.is_final());
  ASSERT_EQ(result.words_size(), 1);
  EXPECT_EQ(result.words(0).text(), "Hi");
  EXPECT_EQ(result.words(0).begin_ms(), 0);
  EXPECT_EQ(result.words(0).end_ms(), 250);
  EXPECT_EQ(result.language(), "en");
  EXPECT_EQ(result.speaker(), "Anna");
  EXPECT_FLOAT_EQ(result.confidence(), 0.5F);
}

TEST(RecognitionProto, OtherAnswers) {
  EXPECT_EQ(read(speech_started_proto(3, MediaTime::from_ms(40))).speech_started().begin_ms(), 40);
  const auto flushed = read(listen_flushed_proto(7, MediaTime::from_ms(1000))).flushed();
  EXPECT_EQ(flushed.id(), 7U);
  EXPECT_EQ(flushed.audio_ms(), 1000);
  EXPECT_EQ(read(listen_trouble_proto(3, "No.")).trouble().code(), 3);
  EXPECT_EQ(read(listen_done_proto(MediaTime::from_ms(5), 2)).done().utterances(), 2U);
}

}  // namespace
}  // namespace parley::protocol
