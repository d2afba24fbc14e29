// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/speech_proto.h"

#include <limits>

#include <gtest/gtest.h>
#include <parley/speech/v1/speech.pb.h>

#include "protocol/speech/proto_fields.h"

namespace parley::protocol {
namespace {

namespace wire = parley::speech::v1;
using media::MediaTime;

constexpr std::size_t kCharactersMax = 100;

wire::SynthesizeRequest hello() {
  wire::SynthesizeRequest request;
  request.set_text("Hello.");
  return request;
}

Speak parsed(const wire::SynthesizeRequest& request) {
  const SynthesizeResult result = parse_synthesize(request.SerializeAsString(), kCharactersMax);
  EXPECT_TRUE(std::holds_alternative<Speak>(result)) << std::get<ProtocolError>(result).message;
  return std::get<Speak>(result);
}

/// "field: message"
std::string problem(const std::string& bytes) {
  const SynthesizeResult result = parse_synthesize(bytes, kCharactersMax);
  const ProtocolError* error = std::get_if<ProtocolError>(&result);
  return error == nullptr ? "none" : error->param.value_or("") + ": " + error->message;
}
std::string problem(const wire::SynthesizeRequest& request) {
  return problem(request.SerializeAsString());
}

template <typename Message>
Message read(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(SpeechProto, ATextAloneHasTheDefaults) {
  const Speak speak = parsed(hello());
  EXPECT_EQ(speak.text, "Hello.");
  EXPECT_TRUE(speak.is_whole);
  EXPECT_EQ(speak.voice, "");
  EXPECT_EQ(speak.speed, 1.0);
  EXPECT_EQ(speak.format, (OutputFormat{SpeechFormat::pcm, 24'000, 0}));
  EXPECT_EQ(speak.language, "");
  EXPECT_FALSE(speak.ssml);
  EXPECT_TRUE(speak.normalise);
  EXPECT_FALSE(speak.phonemes);
  EXPECT_EQ(speak.priority, SpeechPriority::interactive);
}

TEST(SpeechProto, EachFieldCounts) {
  wire::SynthesizeRequest request = hello();
  wire::SpeechConfig& config = *request.mutable_config();
  config.set_voice("joe");
  config.set_speed(1.5F);
  config.set_encoding(wire::OGG_OPUS);
  config.set_sample_rate_hz(48'000);
  config.set_bit_rate(32'000);
  config.set_language_code("EN-gb");
  config.set_ssml(true);
  config.set_phonemes(true);
  config.set_priority(wire::BULK);
  config.set_verbatim(true);
  const Speak speak = parsed(request);
  EXPECT_EQ(speak.voice, "joe");
  EXPECT_EQ(speak.speed, 1.5);
  EXPECT_EQ(speak.format, (OutputFormat{SpeechFormat::opus, 48'000, 32}));
  EXPECT_EQ(speak.language, "en");
  EXPECT_TRUE(speak.ssml);
  EXPECT_TRUE(speak.phonemes);
  EXPECT_FALSE(speak.normalise);
  EXPECT_EQ(speak.priority, SpeechPriority::bulk);
}

TEST(SpeechProto, EncodingsAreFormatsBothWays) {
  const std::pair<wire::AudioEncoding, SpeechFormat> pairs[] = {
      {wire::LINEAR16, SpeechFormat::pcm}, {wire::WAV, SpeechFormat::wav},
      {wire::MP3, SpeechFormat::mp3},      {wire::OGG_OPUS, SpeechFormat::opus},
      {wire::AAC, SpeechFormat::aac},      {wire::FLAC, SpeechFormat::flac},
      {wire::MULAW, SpeechFormat::pcmu},   {wire::ALAW, SpeechFormat::pcma}};
  for (const auto& [encoding, format] : pairs) {
    wire::SynthesizeRequest request = hello();
    request.mutable_config()->set_encoding(encoding);
    const Speak speak = parsed(request);
    EXPECT_EQ(speak.format.format, format);
    const bool is_telephone = format == SpeechFormat::pcmu || format == SpeechFormat::pcma;
    EXPECT_EQ(speak.format.rate, is_telephone ? 8'000 : 24'000);
    const auto told = read<wire::SynthesizeStreamResponse>(
        to_proto(UtteranceStarted{"u", speak.format, "audio/x"}));
    EXPECT_EQ(told.started().encoding(), encoding);
    EXPECT_EQ(told.started().sample_rate_hz(), speak.format.rate);
    EXPECT_EQ(told.started().content_type(), "audio/x");
  }
}

TEST(SpeechProto, NamesTheFieldAtFault) {
  wire::SynthesizeRequest request;
  EXPECT_EQ(problem(request), "text: Invalid value for 'text': expected text to speak.");
  request.set_text(" \n\t");
  EXPECT_EQ(problem(request), "text: Invalid value for 'text': expected text to speak.");
  request.set_text(std::string(101, 'x'));
  EXPECT_TRUE(problem(request).starts_with("text: Invalid 'text': string too long."));
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "€";
  request.set_text(euros);
  EXPECT_EQ(problem(request), "none") << "characters count, not bytes";

  const auto with = [](auto change) {
    wire::SynthesizeRequest changed = hello();
    change(*changed.mutable_config());
    return problem(changed);
  };
  for (const float speed : {0.2F, 4.1F, -1.0F, std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(with([&](wire::SpeechConfig& config) { config.set_speed(speed); }),
              "config.speed: Invalid value for 'config.speed': expected 0.25 to 4.");
  }
  for (const int rate : {7'999, 48'001, -1}) {
    EXPECT_EQ(with([&](wire::SpeechConfig& config) { config.set_sample_rate_hz(rate); }),
              "config.sample_rate_hz: Invalid value for 'config.sample_rate_hz': expected 8000 to "
              "48000.");
  }
  EXPECT_TRUE(with([](wire::SpeechConfig& config) {
                config.set_bit_rate(400'000);
              }).starts_with("config.bit_rate: "));
  EXPECT_TRUE(with([](wire::SpeechConfig& config) {
                config.set_encoding(static_cast<wire::AudioEncoding>(99));
              }).starts_with("config.encoding: Invalid value: '99'."));
  EXPECT_TRUE(with([](wire::SpeechConfig& config) {
                config.set_voice(std::string(129, 'v'));
              }).starts_with("config.voice: "));
  EXPECT_TRUE(with([](wire::SpeechConfig& config) {
                config.set_language_code(std::string(36, 'l'));
              }).starts_with("config.language_code: "));
}

TEST(SpeechProto, BytesThatAreNoMessage) {
  const std::string what =
      ": The message is no SynthesizeRequest, or one of its strings is not valid UTF-8.";
  EXPECT_EQ(problem("\xFF\xFF\xFF"), what);
  EXPECT_EQ(problem("\x12\x02\xC3\x28"), what) << "field 2, two bytes that are no UTF-8";
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parse_synthesize_stream("\xFF")));
}

TEST(SpeechProto, MessagesOfAStream) {
  const auto of = [](const wire::SynthesizeStreamRequest& request) {
    return parse_synthesize_stream(request.SerializeAsString());
  };
  const auto as = []<typename Kind>(const StreamMessageResult& result, Kind*) {
    const auto* message = std::get_if<StreamMessage>(&result);
    return message == nullptr ? nullptr : std::get_if<Kind>(message);
  };
  wire::SynthesizeStreamRequest request;
  request.mutable_config()->set_voice("joe");
  StreamMessageResult result = of(request);
  const Speak* speak = as(result, static_cast<Speak*>(nullptr));
  ASSERT_NE(speak, nullptr);
  EXPECT_EQ(speak->voice, "joe");
  EXPECT_FALSE(speak->is_whole);

  request.set_text("Good ");
  result = of(request);
  const Append* append = as(result, static_cast<Append*>(nullptr));
  ASSERT_NE(append, nullptr);
  EXPECT_EQ(append->text, "Good ");

  request.mutable_flush()->set_id(7);
  result = of(request);
  const NumberedFlush* flush = as(result, static_cast<NumberedFlush*>(nullptr));
  ASSERT_NE(flush, nullptr);
  EXPECT_EQ(flush->id, 7U);

  request.mutable_finish();
  EXPECT_NE(as(of(request), static_cast<Finish*>(nullptr)), nullptr);
  request.mutable_cancel();
  EXPECT_NE(as(of(request), static_cast<Cancel*>(nullptr)), nullptr);
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(of({})));
  request.mutable_config()->set_speed(9);
  result = of(request);
  ASSERT_TRUE(std::holds_alternative<ProtocolError>(result));
  EXPECT_EQ(std::get<ProtocolError>(result).param, "config.speed");
}

TEST(SpeechProto, TellsWhatIsSpoken) {
  const std::vector<media::WordTime> words{
      {"two", MediaTime::from_ms(100), MediaTime::from_ms(250)}};
  const std::vector<media::WordTime> phonemes{
      {"t", MediaTime::from_ms(100), MediaTime::from_ms(150)}};
  const auto whole = read<wire::SynthesizeResponse>(
      to_proto(Synthesized{"bytes", 24'000, MediaTime::from_ms(1'500), words, phonemes}));
  EXPECT_EQ(whole.audio(), "bytes");
  EXPECT_EQ(whole.sample_rate_hz(), 24'000);
  EXPECT_EQ(whole.duration_ms(), 1'500);
  ASSERT_EQ(whole.words_size(), 1);
  EXPECT_EQ(whole.words(0).text(), "two");
  EXPECT_EQ(whole.words(0).begin_ms(), 100);
  EXPECT_EQ(whole.words(0).end_ms(), 250);
  ASSERT_EQ(whole.phonemes_size(), 1);

  UtteranceChunk chunk{"u", 3, MediaTime::from_ms(90), "2", "two", words, std::nullopt};
  auto told = read<wire::SynthesizeStreamResponse>(to_proto(chunk));
  EXPECT_EQ(told.chunk().index(), 3U);
  EXPECT_EQ(told.chunk().text(), "2");
  EXPECT_EQ(told.chunk().spoken(), "two");
  EXPECT_EQ(told.chunk().begin_ms(), 90);
  EXPECT_EQ(told.chunk().words(0).begin_ms(), 100);
  EXPECT_EQ(told.chunk().phonemes_size(), 0);
  chunk.phonemes = phonemes;
  EXPECT_EQ(read<wire::SynthesizeStreamResponse>(to_proto(chunk)).chunk().phonemes_size(), 1);

  EXPECT_EQ(read<wire::SynthesizeStreamResponse>(audio_proto("abc")).audio().data(), "abc");
  EXPECT_EQ(read<wire::SynthesizeStreamResponse>(to_proto(UtteranceFlushed{"u", 7})).flushed().id(),
            7U);
  told = read<wire::SynthesizeStreamResponse>(
      to_proto(UtteranceDone{"u", MediaTime::from_ms(1'000'000'000'000), 12}));
  EXPECT_EQ(told.done().duration_ms(), std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(told.done().characters(), 12U);
}

TEST(SpeechProto, TheFirstVoiceIsTheDefault) {
  const std::vector<VoiceShown> voices{{"joe", "Joe", "en-US"}, {"amy", "Amy", "en-GB"}};
  const auto told = read<wire::ListVoicesResponse>(voices_proto(voices));
  ASSERT_EQ(told.voices_size(), 2);
  EXPECT_EQ(told.voices(0).name(), "joe");
  EXPECT_TRUE(told.voices(0).is_default());
  EXPECT_EQ(told.voices(1).language_code(), "en-GB");
  EXPECT_FALSE(told.voices(1).is_default());
}

}  // namespace
}  // namespace parley::protocol
