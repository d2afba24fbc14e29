// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/riva_proto.h"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <riva/riva_tts.pb.h>

#include "protocol/speech/proto_fields.h"

namespace parley::protocol {
namespace {

namespace wire = nvidia::riva::tts;

constexpr std::size_t kIdBytesMax = 256;
constexpr std::string_view kSsmlBegin = "<speak";
constexpr const char* kSampleRate = "24000";

template <typename Message>
bool read(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::optional<SpeechFormat> format_of(nvidia::riva::AudioEncoding encoding) {
  switch (encoding) {
    case nvidia::riva::ENCODING_UNSPECIFIED:
    case nvidia::riva::LINEAR_PCM:
      return SpeechFormat::pcm;
    case nvidia::riva::FLAC:
      return SpeechFormat::flac;
    case nvidia::riva::MULAW:
      return SpeechFormat::pcmu;
    case nvidia::riva::OGGOPUS:
      return SpeechFormat::opus;
    case nvidia::riva::ALAW:
      return SpeechFormat::pcma;
    default:  // numbers of later versions
      return std::nullopt;
  }
}

/// "Parley.joe" → "joe".
std::string_view voice_of(std::string_view name) {
  const bool is_ours = name.starts_with(kRivaModel) && name.size() > kRivaModel.size() &&
                       name[kRivaModel.size()] == '.';
  return is_ours ? name.substr(kRivaModel.size() + 1) : name;
}

double speed_of(const wire::SynthesizeSpeechRequest& request, FirstProblem& problem) {
  constexpr const char* kKey = "speed";
  constexpr std::string_view kPath = "custom_configuration.speed";
  const auto found = request.custom_configuration().find(kKey);
  if (found == request.custom_configuration().end()) return 1.0;
  const std::string& text = found->second;
  double speed = 0.0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), speed);
  const bool is_whole = failure == std::errc{} && end == text.data() + text.size();
  // Nothing between: 0 is no speed here, but it would mean the default below.
  return checked_speed(is_whole && speed != 0.0 ? speed : -1.0, kPath, problem);
}

bool is_ssml(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text.substr(begin).starts_with(kSsmlBegin);
}

}  // namespace

RivaOrderResult parse_riva_synthesize(std::string_view bytes, std::size_t characters_max) {
  wire::SynthesizeSpeechRequest request;
  if (!read(bytes, request)) return invalid_message("SynthesizeSpeechRequest");
  FirstProblem problem;
  RivaOrder order;
  Speak& speak = order.speak;
  if (const auto known = format_of(request.encoding())) {
    speak.format.format = *known;
  } else {
    problem.report(unsupported_value("encoding",
                                     std::to_string(static_cast<int>(request.encoding())),
                                     "LINEAR_PCM, FLAC, MULAW, OGGOPUS and ALAW"));
  }
  speak.format.rate =
      checked_rate(request.sample_rate_hz(), "sample_rate_hz", speak.format.format, problem);
  check_name(request.voice_name(), "voice_name", kSocketNameBytesMax, problem);
  speak.voice = voice_of(request.voice_name());
  speak.language = checked_language(request.language_code(), "language_code", problem);
  speak.speed = speed_of(request, problem);
  if (!request.text().empty()) check_text(request.text(), "text", characters_max, problem);
  check_name(request.id().value(), "id.value", kIdBytesMax, problem);
  if (problem.any()) return problem.take();
  speak.text = std::move(*request.mutable_text());
  speak.is_whole = true;
  speak.ssml = is_ssml(speak.text);
  order.words = request.enable_word_time_offsets();
  order.id = std::move(*request.mutable_id()->mutable_value());
  return order;
}

std::string to_proto(const RivaAnswer& answer) {
  wire::SynthesizeSpeechResponse response;
  response.set_audio(answer.audio);
  if (!answer.written.empty()) {
    wire::SynthesizeSpeechResponseMetadata& meta = *response.mutable_meta();
    meta.set_text(answer.written);
    meta.set_processed_text(answer.spoken);
    for (const media::WordTime& word : answer.words) {
      wire::WordTiming& timing = *meta.add_words();
      timing.set_word(word.text);
      timing.set_start_time(milliseconds(word.begin));
      timing.set_end_time(milliseconds(word.end));
    }
  }
  if (!answer.id.empty()) response.mutable_id()->set_value(answer.id);
  return response.SerializeAsString();
}

RivaConfigResult riva_config(std::string_view bytes, std::span<const VoiceShown> voices) {
  wire::RivaSynthesisConfigRequest request;
  if (!read(bytes, request)) return invalid_message("RivaSynthesisConfigRequest");
  wire::RivaSynthesisConfigResponse response;
  const bool is_asked = request.model_name().empty() || request.model_name() == kRivaModel;
  // One model for each language: a Config names one.
  std::map<std::string, std::string> names;
  for (const VoiceShown& voice : voices) {
    std::string& list = names[voice.language];
    if (!list.empty()) list += ',';
    list += voice.id + ":" + std::to_string(&voice - voices.data());
  }
  for (const auto& [language, list] : names) {
    if (!is_asked) break;
    auto& config = *response.add_model_config();
    config.set_model_name(std::string(kRivaModel));
    auto& parameters = *config.mutable_parameters();
    parameters["language_code"] = language;
    parameters["voice_name"] = std::string(kRivaModel);
    parameters["subvoices"] = list;
    parameters["sample_rate"] = kSampleRate;
  }
  return response.SerializeAsString();
}

}  // namespace parley::protocol
