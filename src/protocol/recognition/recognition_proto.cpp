// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/recognition_proto.h"

#include <optional>
#include <utility>

#include <parley/recognition/v1/recognition.pb.h>

#include "base/utf8.h"
#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/stream_rate.h"
#include "protocol/speech/proto_fields.h"

namespace parley::protocol {
namespace {

namespace wire = parley::recognition::v1;

constexpr int kRateUsual = 16'000;
constexpr int kRateTelephone = 8'000;

std::optional<AudioEncoding> encoding_of(wire::AudioEncoding encoding) {
  switch (encoding) {
    case wire::AUDIO_ENCODING_UNSPECIFIED:
    case wire::LINEAR16:
      return AudioEncoding::pcm_s16le;
    case wire::FLOAT32:
      return AudioEncoding::pcm_f32le;
    case wire::MULAW:
      return AudioEncoding::pcmu;
    case wire::ALAW:
      return AudioEncoding::pcma;
    case wire::OPUS:
      return AudioEncoding::opus;
    default:  // numbers of later versions
      return std::nullopt;
  }
}

ProtocolError out_of(const char* path, std::int32_t value, const std::string& expected) {
  return invalid_value(path, "Invalid value for '" + std::string(path) +
                                 "': " + std::to_string(value) + ". Expected " + expected + ".");
}

ListenOrder checked_order(const wire::RecognitionConfig& config, FirstProblem& problem) {
  ListenOrder order;
  if (const auto known = encoding_of(config.encoding())) {
    order.encoding = *known;
  } else {
    problem.report(unsupported_value("config.encoding",
                                     std::to_string(static_cast<int>(config.encoding())),
                                     "LINEAR16, FLOAT32, MULAW, ALAW and OPUS"));
  }
  const bool is_telephone =
      order.encoding == AudioEncoding::pcmu || order.encoding == AudioEncoding::pcma;
  const bool is_opus = order.encoding == AudioEncoding::opus;
  order.rate = is_telephone ? kRateTelephone : kRateUsual;
  if (const std::int32_t rate = config.sample_rate_hz(); rate != 0) {
    if (!(is_opus ? is_opus_rate(rate) : is_stream_rate(rate))) {
      problem.report(out_of("config.sample_rate_hz", rate, is_opus ? kOpusRates : kStreamRates));
    }
    order.rate = rate;
  }
  if (const std::int32_t silence = config.silence_ms(); silence != 0) {
    if (silence < kSilenceMsMin || silence > kSilenceMsMax) {
      problem.report(out_of("config.silence_ms", silence, "100 to 10000"));
    }
    order.silence_ms = silence;
  }
  order.language = checked_language(config.language_code(), "config.language_code", problem);
  order.partials = !config.no_partials();
  order.hot_words.assign(config.hot_words().begin(), config.hot_words().end());
  if (auto wrong = hot_words_problem("config.hot_words", order.hot_words)) {
    problem.report(std::move(*wrong));
  }
  return order;
}

}  // namespace

std::variant<ListenMessage, ProtocolError> parse_recognize_stream(std::string_view bytes) {
  wire::RecognizeStreamRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid_message("RecognizeStreamRequest");
  }
  switch (request.request_case()) {
    case wire::RecognizeStreamRequest::kConfig: {
      FirstProblem problem;
      ListenOrder order = checked_order(request.config(), problem);
      if (problem.any()) return problem.take();
      return ListenMessage(std::move(order));
    }
    case wire::RecognizeStreamRequest::kAudio:
      return ListenMessage(AudioPiece{std::move(*request.mutable_audio())});
    case wire::RecognizeStreamRequest::kFlush:
      return ListenMessage(ListenFlush{request.flush().id()});
    case wire::RecognizeStreamRequest::kFinish:
      return ListenMessage(EndOfAudio{});
    case wire::RecognizeStreamRequest::kCancel:
      return ListenMessage(ListenCancel{});
    case wire::RecognizeStreamRequest::REQUEST_NOT_SET:
      break;
  }
  return invalid_event("A RecognizeStreamRequest holds config, audio, flush, finish or cancel.");
}

std::string to_proto(const Recognized& recognized) {
  wire::RecognizeStreamResponse response;
  auto& result = *response.mutable_result();
  result.set_utterance(recognized.utterance);
  result.set_is_final(recognized.is_final);
  result.set_text(std::string(recognized.text));
  result.set_stable_characters(static_cast<std::uint32_t>(
      characters_in(recognized.text.substr(0, recognized.stable_bytes))));
  result.set_begin_ms(milliseconds(recognized.begin));
  result.set_end_ms(milliseconds(recognized.end));
  result.set_language(std::string(recognized.language));
  result.set_speaker(std::string(recognized.speaker));
  if (recognized.confidence) result.set_confidence(static_cast<float>(*recognized.confidence));
  if (recognized.words != nullptr) {
    for (const media::WordTime& time : *recognized.words) {
      wire::Word& word = *result.add_words();
      word.set_text(time.text);
      word.set_begin_ms(milliseconds(time.begin));
      word.set_end_ms(milliseconds(time.end));
    }
  }
  return response.SerializeAsString();
}

std::string speech_started_proto(std::uint64_t utterance, media::MediaTime begin) {
  wire::RecognizeStreamResponse response;
  response.mutable_speech_started()->set_utterance(utterance);
  response.mutable_speech_started()->set_begin_ms(milliseconds(begin));
  return response.SerializeAsString();
}

std::string listen_flushed_proto(std::uint64_t id, media::MediaTime audio) {
  wire::RecognizeStreamResponse response;
  response.mutable_flushed()->set_id(id);
  response.mutable_flushed()->set_audio_ms(milliseconds(audio));
  return response.SerializeAsString();
}

std::string listen_trouble_proto(int code, std::string_view message) {
  wire::RecognizeStreamResponse response;
  response.mutable_trouble()->set_code(code);
  response.mutable_trouble()->set_message(std::string(message));
  return response.SerializeAsString();
}

std::string listen_done_proto(media::MediaTime audio, std::uint64_t utterances) {
  wire::RecognizeStreamResponse response;
  response.mutable_done()->set_audio_ms(milliseconds(audio));
  response.mutable_done()->set_utterances(utterances);
  return response.SerializeAsString();
}

}  // namespace parley::protocol
