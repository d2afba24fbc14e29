// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/riva_asr_proto.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>
#include <riva/riva_asr.pb.h>

namespace parley::protocol {
namespace {

namespace wire = nvidia::riva::asr;
using media::MediaTime;

wire::StreamingRecognizeRequest as_their_client_asks() {
  wire::StreamingRecognizeRequest request;
  auto& streaming = *request.mutable_streaming_config();
  streaming.set_interim_results(true);
  auto& config = *streaming.mutable_config();
  config.set_encoding(nvidia::riva::LINEAR_PCM);
  config.set_sample_rate_hertz(16'000);
  config.set_language_code("en-US");
  config.set_max_alternatives(1);
  config.set_audio_channel_count(1);
  config.set_enable_word_time_offsets(true);
  config.mutable_diarization_config()->set_enable_speaker_diarization(true);
  config.mutable_endpointing_config()->set_stop_history(800);
  auto& names = *config.add_speech_contexts();
  names.add_phrases("Svea Lindqvist");
  names.add_phrases("Parley");
  names.set_boost(20.0F);
  auto& never_said = *config.add_speech_contexts();
  never_said.add_phrases("parlay");
  never_said.set_boost(-20.0F);
  config.add_speech_contexts()->add_phrases("Merneptah");
  request.mutable_id()->set_value("r-1");
  return request;
}

std::string field_at_fault(const wire::StreamingRecognizeRequest& request) {
  const auto parsed = parse_riva_streaming(request.SerializeAsString());
  const auto* error = std::get_if<ProtocolError>(&parsed);
  return error == nullptr ? "none" : error->param.value_or("");
}

TEST(RivaAsrProto, WhatTheirClientAsksFor) {
  const auto parsed = parse_riva_streaming(as_their_client_asks().SerializeAsString());
  ASSERT_TRUE(std::holds_alternative<RivaListenMessage>(parsed));
  const auto& order = std::get<RivaListenOrder>(std::get<RivaListenMessage>(parsed));
  EXPECT_EQ(order.encoding, RivaEncoding::pcm);
  EXPECT_EQ(order.rate, 16'000);
  EXPECT_EQ(order.language, "en");
  EXPECT_EQ(order.silence_ms, 800);
  EXPECT_TRUE(order.partials);
  EXPECT_TRUE(order.words);
  EXPECT_TRUE(order.speakers);
  EXPECT_EQ(order.hot_words, (std::vector<std::string>{"Svea Lindqvist", "Parley", "Merneptah"}));
  EXPECT_EQ(order.id, "r-1");
}

TEST(RivaAsrProto, AnyLanguageIsFoundOut) {
  wire::StreamingRecognizeRequest request = as_their_client_asks();
  request.mutable_streaming_config()->mutable_config()->set_language_code("multi");
  const auto parsed = parse_riva_streaming(request.SerializeAsString());
  EXPECT_EQ(std::get<RivaListenOrder>(std::get<RivaListenMessage>(parsed)).language, "");
}

TEST(RivaAsrProto, AudioFollows) {
  wire::StreamingRecognizeRequest request;
  request.set_audio_content("\x01\x02");
  const auto parsed = parse_riva_streaming(request.SerializeAsString());
  EXPECT_EQ(std::get<AudioPiece>(std::get<RivaListenMessage>(parsed)).bytes, "\x01\x02");
}

TEST(RivaAsrProto, WhatIsWrongIsNamed) {
  const auto wrong = [](auto change) {
    wire::StreamingRecognizeRequest request = as_their_client_asks();
    change(*request.mutable_streaming_config()->mutable_config());
    return field_at_fault(request);
  };
  EXPECT_EQ(wrong([](auto& config) { config.set_sample_rate_hertz(7); }),
            "streaming_config.config.sample_rate_hertz");
  EXPECT_EQ(wrong([](auto& config) { config.set_audio_channel_count(2); }),
            "streaming_config.config.audio_channel_count");
  EXPECT_EQ(
      wrong([](auto& config) { config.set_encoding(static_cast<nvidia::riva::AudioEncoding>(9)); }),
      "streaming_config.config.encoding");
  EXPECT_EQ(wrong([](auto& config) { config.mutable_endpointing_config()->set_stop_history(1); }),
            "streaming_config.config.endpointing_config.stop_history");
  EXPECT_EQ(wrong([](auto& config) { config.set_language_code(std::string(36, 'x')); }),
            "streaming_config.config.language_code");
  EXPECT_EQ(wrong([](auto& config) {
              auto& context = *config.add_speech_contexts();
              for (int i = 0; i < 500; ++i) context.add_phrases("word");
            }),
            "streaming_config.config.speech_contexts");
  wire::StreamingRecognizeRequest request = as_their_client_asks();
  request.mutable_id()->set_value(std::string(257, 'x'));
  EXPECT_EQ(field_at_fault(request), "id.value");
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_riva_streaming("")));
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_riva_streaming("\xFF\xFF")));
}

TEST(RivaAsrProto, ARecordingMayHaveAnyRateAndChannels) {
  wire::RecognizeRequest request;
  request.mutable_config()->set_encoding(nvidia::riva::FLAC);
  request.mutable_config()->set_sample_rate_hertz(96'000);
  request.mutable_config()->set_audio_channel_count(2);
  request.set_audio("fLaC");
  const auto parsed = parse_riva_recognize(request.SerializeAsString());
  ASSERT_TRUE(std::holds_alternative<RivaRecording>(parsed));
  EXPECT_EQ(std::get<RivaRecording>(parsed).order.encoding, RivaEncoding::flac);
  EXPECT_EQ(std::get<RivaRecording>(parsed).audio, "fLaC");
  request.clear_audio();
  const auto empty = parse_riva_recognize(request.SerializeAsString());
  EXPECT_EQ(std::get<ProtocolError>(empty).param, "audio");
}

TEST(RivaAsrProto, APartialIsWhatStaysAndWhatMayChange) {
  wire::StreamingRecognizeResponse response;
  ASSERT_TRUE(response.ParseFromString(riva_streaming_proto(
      {.text = {.utterance = 1, .text = "The captain coun", .stable_bytes = 11},
       .speaker = 0,
       .audio = MediaTime::from_ms(1500)},
      "r-1")));
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).alternatives(0).transcript(), "The captain");
  EXPECT_FLOAT_EQ(response.results(0).stability(), 0.9F);
  EXPECT_EQ(response.results(1).alternatives(0).transcript(), " coun");
  EXPECT_FLOAT_EQ(response.results(1).stability(), 0.1F);
  EXPECT_FLOAT_EQ(response.results(1).audio_processed(), 1.5F);
  EXPECT_FALSE(response.results(0).is_final());
  EXPECT_EQ(response.id().value(), "r-1");
}

TEST(RivaAsrProto, AFinalHasWordsWithTheirSpeaker) {
  const std::vector<media::WordTime> words{
      {"Hi", MediaTime::from_ms(100), MediaTime::from_ms(250)}};
  const RivaHeard heard{.text = {.is_final = true,
                                 .utterance = 1,
                                 .text = "Hi",
                                 .stable_bytes = 2,
                                 .language = "en",
                                 .words = &words,
                                 .confidence = 0.5},
                        .speaker = 2,
                        .audio = MediaTime::from_ms(300)};
  wire::StreamingRecognizeResponse response;
  ASSERT_TRUE(response.ParseFromString(riva_streaming_proto(heard, "")));
  ASSERT_EQ(response.results_size(), 1);
  EXPECT_TRUE(response.results(0).is_final());
  EXPECT_FLOAT_EQ(response.results(0).stability(), 1.0F);
  const auto& alternative = response.results(0).alternatives(0);
  EXPECT_EQ(alternative.transcript(), "Hi ") << "finals are put one behind the other";
  EXPECT_EQ(alternative.language_code(0), "en");
  EXPECT_FLOAT_EQ(alternative.confidence(), 0.5F);
  EXPECT_EQ(alternative.words(0).start_time(), 100);
  EXPECT_EQ(alternative.words(0).end_time(), 250);
  EXPECT_EQ(alternative.words(0).speaker_tag(), 2);
  wire::RecognizeResponse whole;
  ASSERT_TRUE(whole.ParseFromString(riva_recognized_proto(std::array{heard, heard}, "r-2")));
  EXPECT_EQ(whole.results_size(), 2);
  EXPECT_EQ(whole.results(1).alternatives(0).transcript(), "Hi ");
  EXPECT_EQ(whole.id().value(), "r-2");
}

TEST(RivaAsrProto, TheModelIsListedForBothWays) {
  const auto told = riva_recognition_config("", "moonshine-tiny-en", "en-US");
  wire::RivaSpeechRecognitionConfigResponse response;
  ASSERT_TRUE(response.ParseFromString(std::get<std::string>(told)));
  ASSERT_EQ(response.model_config_size(), 2);
  EXPECT_EQ(response.model_config(0).model_name(), "moonshine-tiny-en");
  EXPECT_EQ(response.model_config(0).parameters().at("type"), "online");
  EXPECT_EQ(response.model_config(1).parameters().at("language_code"), "en-US");
  wire::RivaSpeechRecognitionConfigRequest request;
  request.set_model_name("another");
  const auto none = riva_recognition_config(request.SerializeAsString(), "whisper-base", "multi");
  EXPECT_EQ(std::get<std::string>(none), "");
}

}  // namespace
}  // namespace parley::protocol
