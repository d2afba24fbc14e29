// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/riva_asr_proto.h"

#include <optional>
#include <utility>

#include <riva/riva_asr.pb.h>

#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/stream_rate.h"
#include "protocol/speech/proto_fields.h"

namespace parley::protocol {
namespace {

namespace wire = nvidia::riva::asr;

constexpr std::size_t kIdBytesMax = 256;
/// Their word for a language that is to be found out.
constexpr std::string_view kAnyLanguage = "multi";
constexpr float kStays = 0.9F;
constexpr float kMayChange = 0.1F;

template <typename Message>
bool read(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::optional<RivaEncoding> encoding_of(nvidia::riva::AudioEncoding encoding) {
  switch (encoding) {
    case nvidia::riva::ENCODING_UNSPECIFIED:
    case nvidia::riva::LINEAR_PCM:
      return RivaEncoding::pcm;
    case nvidia::riva::FLAC:
      return RivaEncoding::flac;
    case nvidia::riva::MULAW:
      return RivaEncoding::mulaw;
    case nvidia::riva::OGGOPUS:
      return RivaEncoding::ogg_opus;
    case nvidia::riva::ALAW:
      return RivaEncoding::alaw;
    default:  // numbers of later versions
      return std::nullopt;
  }
}

ProtocolError out_of(const std::string& path, std::int32_t value, const std::string& expected) {
  return invalid_value(path, "Invalid value for '" + path + "': " + std::to_string(value) +
                                 ". Expected " + expected + ".");
}

std::vector<std::string> checked_phrases(const wire::RecognitionConfig& config,
                                         const std::string& path, FirstProblem& problem) {
  std::vector<std::string> phrases;
  for (const wire::SpeechContext& context : config.speech_contexts()) {
    if (context.boost() < 0.0F) continue;
    phrases.insert(phrases.end(), context.phrases().begin(), context.phrases().end());
  }
  if (auto wrong = hot_words_problem(path + ".speech_contexts", phrases)) {
    problem.report(std::move(*wrong));
  }
  return phrases;
}

/// `path`: of the configuration in the message.
RivaListenOrder checked_order(const wire::RecognitionConfig& config, const std::string& path,
                              FirstProblem& problem) {
  RivaListenOrder order;
  if (const auto known = encoding_of(config.encoding())) {
    order.encoding = *known;
  } else {
    problem.report(unsupported_value(path + ".encoding",
                                     std::to_string(static_cast<int>(config.encoding())),
                                     "LINEAR_PCM, FLAC, MULAW, OGGOPUS and ALAW"));
  }
  order.rate = config.sample_rate_hertz();
  const bool says_itself =
      order.encoding == RivaEncoding::flac || order.encoding == RivaEncoding::ogg_opus;
  if (order.rate != 0 && !says_itself && !is_stream_rate(order.rate)) {
    problem.report(out_of(path + ".sample_rate_hertz", order.rate, kStreamRates));
  }
  const std::string language =
      checked_language(config.language_code(), path + ".language_code", problem);
  if (language != kAnyLanguage) order.language = language;
  if (config.has_endpointing_config() && config.endpointing_config().has_stop_history()) {
    order.silence_ms = config.endpointing_config().stop_history();
    if (order.silence_ms < kSilenceMsMin || order.silence_ms > kSilenceMsMax) {
      problem.report(
          out_of(path + ".endpointing_config.stop_history", order.silence_ms, "100 to 10000"));
    }
  }
  order.words = config.enable_word_time_offsets();
  order.speakers = config.diarization_config().enable_speaker_diarization();
  order.hot_words = checked_phrases(config, path, problem);
  return order;
}

void check_channels(const wire::RecognitionConfig& config, const std::string& path,
                    FirstProblem& problem) {
  const std::int32_t channels = config.audio_channel_count();
  if (channels != 0 && channels != 1) {
    problem.report(out_of(path + ".audio_channel_count", channels, "0 or 1: a stream is mono"));
  }
}

/// `text`: a part of the utterance's.
void fill(wire::SpeechRecognitionAlternative& alternative, const RivaHeard& heard,
          std::string_view text) {
  std::string transcript(text);
  // Their clients put finals one behind the other.
  if (heard.text.is_final && !transcript.empty()) transcript += ' ';
  alternative.set_transcript(transcript);
  const auto confidence = static_cast<float>(heard.text.confidence.value_or(0.0));
  alternative.set_confidence(confidence);
  const std::string language(heard.text.language);
  if (!language.empty()) alternative.add_language_code(language);
  if (heard.text.words == nullptr) return;
  for (const media::WordTime& time : *heard.text.words) {
    wire::WordInfo& word = *alternative.add_words();
    word.set_word(time.text);
    word.set_start_time(milliseconds(time.begin));
    word.set_end_time(milliseconds(time.end));
    word.set_confidence(confidence);
    word.set_speaker_tag(heard.speaker);
    word.set_language_code(language);
  }
}

float seconds(media::MediaTime time) { return static_cast<float>(time.ms()) / 1000.0F; }

void add(wire::StreamingRecognizeResponse& response, const RivaHeard& heard, std::string_view text,
         float stability) {
  if (text.empty() && !heard.text.is_final) return;
  wire::StreamingRecognitionResult& result = *response.add_results();
  fill(*result.add_alternatives(), heard, text);
  result.set_is_final(heard.text.is_final);
  result.set_stability(stability);
  result.set_channel_tag(1);
  result.set_audio_processed(seconds(heard.audio));
}

}  // namespace

std::variant<RivaRecording, ProtocolError> parse_riva_recognize(std::string_view bytes) {
  wire::RecognizeRequest request;
  if (!read(bytes, request)) return invalid_message("RecognizeRequest");
  FirstProblem problem;
  RivaRecording recording;
  recording.order = checked_order(request.config(), "config", problem);
  check_name(request.id().value(), "id.value", kIdBytesMax, problem);
  if (request.audio().empty()) problem.report(missing_parameter("audio"));
  if (problem.any()) return problem.take();
  recording.order.id = std::move(*request.mutable_id()->mutable_value());
  recording.audio = std::move(*request.mutable_audio());
  return recording;
}

std::variant<RivaListenMessage, ProtocolError> parse_riva_streaming(std::string_view bytes) {
  wire::StreamingRecognizeRequest request;
  if (!read(bytes, request)) return invalid_message("StreamingRecognizeRequest");
  if (request.has_audio_content()) {
    return RivaListenMessage(AudioPiece{std::move(*request.mutable_audio_content())});
  }
  if (!request.has_streaming_config()) {
    return invalid_event("A StreamingRecognizeRequest holds streaming_config or audio_content.");
  }
  const std::string path = "streaming_config.config";
  const wire::StreamingRecognitionConfig& config = request.streaming_config();
  FirstProblem problem;
  RivaListenOrder order = checked_order(config.config(), path, problem);
  check_channels(config.config(), path, problem);
  check_name(request.id().value(), "id.value", kIdBytesMax, problem);
  if (problem.any()) return problem.take();
  order.partials = config.interim_results();
  order.id = std::move(*request.mutable_id()->mutable_value());
  return RivaListenMessage(std::move(order));
}

std::string riva_streaming_proto(const RivaHeard& heard, std::string_view id) {
  wire::StreamingRecognizeResponse response;
  if (heard.text.is_final) {
    add(response, heard, heard.text.text, 1.0F);
  } else {
    add(response, heard, heard.text.text.substr(0, heard.text.stable_bytes), kStays);
    add(response, heard, heard.text.text.substr(heard.text.stable_bytes), kMayChange);
  }
  if (!id.empty()) response.mutable_id()->set_value(std::string(id));
  return response.SerializeAsString();
}

std::string riva_recognized_proto(std::span<const RivaHeard> utterances, std::string_view id) {
  wire::RecognizeResponse response;
  for (const RivaHeard& heard : utterances) {
    wire::SpeechRecognitionResult& result = *response.add_results();
    fill(*result.add_alternatives(), heard, heard.text.text);
    result.set_channel_tag(1);
    result.set_audio_processed(seconds(heard.audio));
  }
  if (!id.empty()) response.mutable_id()->set_value(std::string(id));
  return response.SerializeAsString();
}

std::variant<std::string, ProtocolError> riva_recognition_config(std::string_view bytes,
                                                                 const std::string& model,
                                                                 const std::string& language) {
  wire::RivaSpeechRecognitionConfigRequest request;
  if (!read(bytes, request)) return invalid_message("RivaSpeechRecognitionConfigRequest");
  wire::RivaSpeechRecognitionConfigResponse response;
  const bool is_asked = request.model_name().empty() || request.model_name() == model;
  for (const char* type : {"online", "offline"}) {
    if (!is_asked) break;
    auto& config = *response.add_model_config();
    config.set_model_name(model);
    auto& parameters = *config.mutable_parameters();
    parameters["language_code"] = language;
    parameters["type"] = type;
    parameters["streaming"] = std::string_view(type) == "online" ? "True" : "False";
  }
  return response.SerializeAsString();
}

}  // namespace parley::protocol
