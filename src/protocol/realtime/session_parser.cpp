// SPDX-License-Identifier: Apache-2.0
//
// The whole session object: the update first, then its audio half.
#include "protocol/realtime/session_parser.h"

#include <array>
#include <limits>
#include <utility>

namespace parley::protocol {
namespace {

// Beyond these a session would hold, or wait for, more audio than any conversation needs.
constexpr std::int32_t kPrefixPaddingMsMax = 10'000;
constexpr std::int32_t kSilenceMsMax = 60'000;
constexpr std::int32_t kIdleTimeoutMsMin = 5'000;
constexpr std::int32_t kIdleTimeoutMsMax = 30'000;
constexpr double kSpeedMin = 0.25;
constexpr double kSpeedMax = 1.5;

constexpr std::array<Choice<SessionType>, 2> kSessionTypes{
    {{"realtime", SessionType::realtime}, {"transcription", SessionType::transcription}}};
constexpr std::array<Choice<TurnDetection::Type>, 2> kDetectors{
    {{"server_vad", TurnDetection::Type::server_vad},
     {"semantic_vad", TurnDetection::Type::semantic_vad}}};
constexpr std::array<Choice<TurnDetection::Eagerness>, 4> kEagernesses{
    {{"low", TurnDetection::Eagerness::low},
     {"medium", TurnDetection::Eagerness::medium},
     {"high", TurnDetection::Eagerness::high},
     {"auto", TurnDetection::Eagerness::automatic}}};
constexpr std::array<Choice<NoiseReduction::Type>, 2> kNoiseReductions{
    {{"near_field", NoiseReduction::Type::near_field},
     {"far_field", NoiseReduction::Type::far_field}}};
constexpr std::string_view kLogprobs = "item.input_audio_transcription.logprobs";
constexpr std::array<Choice<bool>, 1> kIncludes{{{kLogprobs, true}}};

std::optional<TurnDetectionPatch> read_turn_detection(const json::value& value,
                                                      std::string_view path, Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems);
  TurnDetectionPatch patch;
  patch.type = reader.choice("type", kDetectors);
  patch.threshold = reader.number("threshold", 0.0, 1.0);
  patch.prefix_padding_ms = reader.small_integer("prefix_padding_ms", 0, kPrefixPaddingMsMax);
  patch.silence_duration_ms = reader.small_integer("silence_duration_ms", 0, kSilenceMsMax);
  const json::value* idle = reader.find("idle_timeout_ms");
  if (idle != nullptr && idle->is_null()) {
    patch.idle_timeout_ms.state = Update<std::int32_t>::State::null;
  } else if (const std::optional<std::int32_t> ms =
                 reader.small_integer("idle_timeout_ms", kIdleTimeoutMsMin, kIdleTimeoutMsMax)) {
    patch.idle_timeout_ms = {Update<std::int32_t>::State::value, *ms};
  }
  patch.eagerness = reader.choice("eagerness", kEagernesses);
  patch.create_response = reader.boolean("create_response");
  patch.interrupt_response = reader.boolean("interrupt_response");
  reader.finish();
  return patch;
}

std::optional<TranscriptionPatch> read_transcription(const json::value& value,
                                                     std::string_view path, Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems);
  TranscriptionPatch patch;
  patch.model = reader.string("model");
  patch.language = reader.update<std::string>("language", read_string);
  patch.prompt = reader.update<std::string>("prompt", read_string);
  patch.languages = optional_field(reader, "languages", read_strings);
  patch.keywords = optional_field(reader, "keywords", read_strings);
  patch.delay = reader.string("delay");
  reader.finish();
  return patch;
}

std::optional<NoiseReductionPatch> read_noise_reduction(const json::value& value,
                                                        std::string_view path, Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems);
  NoiseReductionPatch patch;
  patch.type = reader.choice("type", kNoiseReductions);
  patch.strength = reader.number("strength", 0.0, 1.0);
  reader.finish();
  return patch;
}

void read_audio_input(const json::value& value, const std::string& path, Problems& problems,
                      SessionPatch& patch) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return;
  ObjectReader input(*object, path, problems);
  patch.input_format = optional_field(input, "format", read_format);
  patch.transcription = input.update<TranscriptionPatch>("transcription", read_transcription);
  patch.noise_reduction =
      input.update<NoiseReductionPatch>("noise_reduction", read_noise_reduction);
  patch.turn_detection = input.update<TurnDetectionPatch>("turn_detection", read_turn_detection);
  input.finish();
}

void read_audio_output(const json::value& value, const std::string& path, Problems& problems,
                       SessionPatch& patch) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return;
  ObjectReader output(*object, path, problems);
  patch.output_format = optional_field(output, "format", read_format);
  patch.voice = optional_field(output, "voice", read_voice);
  patch.speed = output.number("speed", kSpeedMin, kSpeedMax);
  output.finish();
}

void read_audio_half(ObjectReader& session, SessionPatch& patch) {
  const json::value* value = session.find("audio");
  if (value == nullptr) return;
  const std::string path = session.path_of("audio");
  const json::object* object = read_object(*value, path, session.problems());
  if (object == nullptr) return;
  ObjectReader audio(*object, path, session.problems());
  if (const json::value* input = audio.find("input")) {
    read_audio_input(*input, audio.path_of("input"), session.problems(), patch);
  }
  if (patch.type == SessionType::realtime) {
    if (const json::value* output = audio.find("output")) {
      read_audio_output(*output, audio.path_of("output"), session.problems(), patch);
    }
  }
  audio.finish();
}

std::optional<std::string> read_tracing(const json::value& value, std::string_view path,
                                        Problems& problems) {
  if (const json::object* object = value.if_object()) {
    ObjectReader reader(*object, std::string(path), problems);
    reader.string("workflow_name");
    reader.string("group_id");
    if (const json::value* metadata = reader.find("metadata")) {
      read_object(*metadata, reader.path_of("metadata"), problems);
    }
    reader.finish();
    return json::serialize(value);
  }
  static constexpr std::array<Choice<bool>, 1> kWords{{{"auto", true}}};
  if (!read_choice(value, path, kWords, problems)) return std::nullopt;
  return json::serialize(value);
}

std::optional<std::int32_t> read_token_limits(const json::value& value, std::string_view path,
                                              Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems, ObjectReader::Null::is_absent);
  const std::optional<std::int32_t> tokens =
      reader.small_integer("post_instructions", 0, std::numeric_limits<std::int32_t>::max());
  reader.finish();
  return tokens;
}

std::optional<Truncation> read_truncation(const json::value& value, std::string_view path,
                                          Problems& problems) {
  using Kind = Truncation::Kind;
  if (const json::object* object = value.if_object()) {
    static constexpr std::array<Choice<Kind>, 1> kTypes{
        {{"retention_ratio", Kind::retention_ratio}}};
    ObjectReader reader(*object, std::string(path), problems, ObjectReader::Null::is_absent);
    reader.require("type");
    Truncation truncation;
    truncation.kind = reader.choice("type", kTypes).value_or(Kind::retention_ratio);
    reader.require("retention_ratio");
    truncation.retention_ratio = reader.number("retention_ratio", 0.0, 1.0).value_or(1.0);
    truncation.post_instructions = optional_field(reader, "token_limits", read_token_limits);
    reader.finish();
    return truncation;
  }
  static constexpr std::array<Choice<Kind>, 2> kWords{
      {{"auto", Kind::automatic}, {"disabled", Kind::disabled}}};
  const std::optional<Kind> kind = read_choice(value, path, kWords, problems);
  if (!kind) return std::nullopt;
  return Truncation{.kind = *kind, .retention_ratio = 1.0, .post_instructions = {}};
}

std::optional<std::vector<std::string>> read_include(const json::value& value,
                                                     std::string_view path, Problems& problems) {
  std::optional<std::vector<std::string>> names = read_strings(value, path, problems);
  if (!names) return std::nullopt;
  for (std::size_t i = 0; i < names->size(); ++i) {
    read_choice(value.get_array()[i], element_path(path, i), kIncludes, problems);
  }
  return names;
}

void read_realtime_half(ObjectReader& session, SessionPatch& patch) {
  patch.model = session.string("model");
  patch.modality = optional_field(session, "output_modalities", read_modality);
  patch.instructions = session.string("instructions");
  patch.tools = optional_field(session, "tools", read_tools);
  patch.tool_choice = optional_field(session, "tool_choice", read_tool_choice);
  patch.max_output_tokens = optional_field(session, "max_output_tokens", read_max_output_tokens);
  patch.truncation = optional_field(session, "truncation", read_truncation);
  patch.prompt = session.update<std::string>("prompt", read_prompt);
  patch.tracing = session.update<std::string>("tracing", read_tracing);
  patch.reasoning = optional_field(session, "reasoning", read_reasoning);
  patch.parallel_tool_calls = session.boolean("parallel_tool_calls");
}

}  // namespace

std::optional<SessionPatch> read_session(const json::value& value, std::string_view path,
                                         Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader session(*object, std::string(path), problems);
  if (session.require("type") == nullptr) return std::nullopt;
  const std::optional<SessionType> type = session.choice("type", kSessionTypes);
  if (!type) return std::nullopt;
  SessionPatch patch;
  patch.type = *type;
  if (*type == SessionType::realtime) read_realtime_half(session, patch);
  read_audio_half(session, patch);
  patch.include = session.update<std::vector<std::string>>("include", read_include);
  session.finish();
  return patch;
}

}  // namespace parley::protocol
