// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/speech_proto.h"

#include <optional>
#include <utility>

#include <parley/speech/v1/speech.pb.h>

#include "protocol/speech/proto_fields.h"

namespace parley::protocol {
namespace {

namespace wire = parley::speech::v1;
using Timings = google::protobuf::RepeatedPtrField<wire::Timing>;

constexpr std::int32_t kBitRateMin = 8'000;
constexpr std::int32_t kBitRateMax = 320'000;
constexpr std::int32_t kBitsPerKbit = 1'000;

template <typename Message>
bool read(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::optional<SpeechFormat> format_of(wire::AudioEncoding encoding) {
  switch (encoding) {
    case wire::AUDIO_ENCODING_UNSPECIFIED:
    case wire::LINEAR16:
      return SpeechFormat::pcm;
    case wire::WAV:
      return SpeechFormat::wav;
    case wire::MP3:
      return SpeechFormat::mp3;
    case wire::OGG_OPUS:
      return SpeechFormat::opus;
    case wire::AAC:
      return SpeechFormat::aac;
    case wire::FLAC:
      return SpeechFormat::flac;
    case wire::MULAW:
      return SpeechFormat::pcmu;
    case wire::ALAW:
      return SpeechFormat::pcma;
    default:  // numbers of later versions
      return std::nullopt;
  }
}

wire::AudioEncoding encoding_of(SpeechFormat format) {
  switch (format) {
    case SpeechFormat::mp3:
      return wire::MP3;
    case SpeechFormat::opus:
      return wire::OGG_OPUS;
    case SpeechFormat::aac:
      return wire::AAC;
    case SpeechFormat::flac:
      return wire::FLAC;
    case SpeechFormat::wav:
      return wire::WAV;
    case SpeechFormat::pcm:
      return wire::LINEAR16;
    case SpeechFormat::pcmu:
      return wire::MULAW;
    case SpeechFormat::pcma:
      return wire::ALAW;
  }
  return wire::AUDIO_ENCODING_UNSPECIFIED;
}

OutputFormat checked_format(const wire::SpeechConfig& config, FirstProblem& problem) {
  OutputFormat format;
  if (const auto known = format_of(config.encoding())) {
    format.format = *known;
  } else {
    problem.report(unsupported_value("config.encoding",
                                     std::to_string(static_cast<int>(config.encoding())),
                                     "LINEAR16, WAV, MP3, OGG_OPUS, AAC, FLAC, MULAW and ALAW"));
  }
  format.rate =
      checked_rate(config.sample_rate_hz(), "config.sample_rate_hz", format.format, problem);
  const std::int32_t bits = config.bit_rate();
  if (bits != 0 && (bits < kBitRateMin || bits > kBitRateMax)) {
    problem.report(invalid_value("config.bit_rate",
                                 "Invalid value for 'config.bit_rate': expected 8000 to 320000."));
  }
  format.kbps = bits / kBitsPerKbit;
  return format;
}

Speak checked_config(const wire::SpeechConfig& config, FirstProblem& problem) {
  Speak speak;
  check_name(config.voice(), "config.voice", kSocketNameBytesMax, problem);
  speak.voice = config.voice();
  speak.speed = checked_speed(static_cast<double>(config.speed()), "config.speed", problem);
  speak.format = checked_format(config, problem);
  speak.language = checked_language(config.language_code(), "config.language_code", problem);
  speak.ssml = config.ssml();
  speak.normalise = !config.verbatim();
  speak.phonemes = config.phonemes();
  if (config.priority() == wire::BULK) speak.priority = SpeechPriority::bulk;
  return speak;
}

void append(const std::vector<media::WordTime>& times, Timings& to) {
  to.Reserve(static_cast<int>(times.size()));
  for (const media::WordTime& time : times) {
    wire::Timing& timing = *to.Add();
    timing.set_text(time.text);
    timing.set_begin_ms(milliseconds(time.begin));
    timing.set_end_ms(milliseconds(time.end));
  }
}

}  // namespace

SynthesizeResult parse_synthesize(std::string_view bytes, std::size_t characters_max) {
  wire::SynthesizeRequest request;
  if (!read(bytes, request)) return invalid_message("SynthesizeRequest");
  FirstProblem problem;
  Speak speak = checked_config(request.config(), problem);
  check_text(request.text(), "text", characters_max, problem);
  if (problem.any()) return problem.take();
  speak.text = std::move(*request.mutable_text());
  speak.is_whole = true;
  return speak;
}

StreamMessageResult parse_synthesize_stream(std::string_view bytes) {
  wire::SynthesizeStreamRequest request;
  if (!read(bytes, request)) return invalid_message("SynthesizeStreamRequest");
  switch (request.request_case()) {
    case wire::SynthesizeStreamRequest::kConfig: {
      FirstProblem problem;
      Speak speak = checked_config(request.config(), problem);
      if (problem.any()) return problem.take();
      return StreamMessage(std::move(speak));
    }
    case wire::SynthesizeStreamRequest::kText:
      return StreamMessage(Append{{}, std::move(*request.mutable_text()), false});
    case wire::SynthesizeStreamRequest::kFlush:
      return StreamMessage(NumberedFlush{request.flush().id()});
    case wire::SynthesizeStreamRequest::kFinish:
      return StreamMessage(Finish{});
    case wire::SynthesizeStreamRequest::kCancel:
      return StreamMessage(Cancel{});
    case wire::SynthesizeStreamRequest::REQUEST_NOT_SET:
      break;
  }
  return invalid_event("A SynthesizeStreamRequest holds config, text, flush, finish or cancel.");
}

std::string to_proto(const Synthesized& synthesized) {
  wire::SynthesizeResponse response;
  response.set_audio(synthesized.audio);
  response.set_sample_rate_hz(synthesized.rate);
  response.set_duration_ms(milliseconds(synthesized.duration));
  append(synthesized.words, *response.mutable_words());
  append(synthesized.phonemes, *response.mutable_phonemes());
  return response.SerializeAsString();
}

std::string to_proto(const UtteranceStarted& started) {
  wire::SynthesizeStreamResponse response;
  auto& message = *response.mutable_started();
  message.set_encoding(encoding_of(started.format.format));
  message.set_sample_rate_hz(started.format.rate);
  message.set_content_type(started.content_type);
  return response.SerializeAsString();
}

std::string to_proto(const UtteranceChunk& chunk) {
  wire::SynthesizeStreamResponse response;
  auto& message = *response.mutable_chunk();
  message.set_index(chunk.index);
  message.set_text(chunk.written);
  message.set_spoken(chunk.spoken);
  message.set_begin_ms(milliseconds(chunk.begin));
  append(chunk.words, *message.mutable_words());
  if (chunk.phonemes) append(*chunk.phonemes, *message.mutable_phonemes());
  return response.SerializeAsString();
}

std::string to_proto(const UtteranceFlushed& flushed) {
  wire::SynthesizeStreamResponse response;
  response.mutable_flushed()->set_id(flushed.number);
  return response.SerializeAsString();
}

std::string to_proto(const UtteranceDone& done) {
  wire::SynthesizeStreamResponse response;
  response.mutable_done()->set_duration_ms(milliseconds(done.duration));
  response.mutable_done()->set_characters(done.characters);
  return response.SerializeAsString();
}

std::string audio_proto(std::string audio) {
  wire::SynthesizeStreamResponse response;
  response.mutable_audio()->set_data(std::move(audio));
  return response.SerializeAsString();
}

std::string voices_proto(std::span<const VoiceShown> voices) {
  wire::ListVoicesResponse response;
  for (const VoiceShown& voice : voices) {
    wire::Voice& shown = *response.add_voices();
    shown.set_name(voice.id);
    shown.set_language_code(voice.language);
    shown.set_is_default(&voice == voices.data());
  }
  return response.SerializeAsString();
}

}  // namespace parley::protocol
