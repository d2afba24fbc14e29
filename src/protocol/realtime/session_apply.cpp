// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "protocol/realtime/session_config.h"

namespace parley::protocol {
namespace {

using Problem = std::optional<ProtocolError>;

constexpr const char* kTurnDetection = "session.audio.input.turn_detection";

template <typename T>
void put(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

template <typename T>
void put(const Update<T>& from, std::optional<T>& to) {
  if (from.is_null()) to.reset();
  if (from.has_value()) to = from.value;
}

Problem fixed(std::string path, std::string_view why) {
  std::string message = "Invalid value: '" + path + "' cannot be changed ";
  message += why;
  message += '.';
  return invalid_value(std::move(path), std::move(message));
}

Problem check_type(SessionType asked, SessionType is) {
  if (asked == is) return std::nullopt;
  return invalid_value("session.type",
                       asked == SessionType::transcription
                           ? "Passing a transcription session update event to a realtime session "
                             "is not allowed."
                           : "Passing a realtime session update event to a transcription session "
                             "is not allowed.");
}

/// What may not change now. A value that is sent again unchanged is no change.
Problem check_frozen(const SessionPatch& patch, const SessionState& state,
                     const SessionConfig& config) {
  if (patch.model && *patch.model != config.model) {
    return fixed("session.model", "after the session began");
  }
  if (patch.voice && patch.voice->name != config.voice.name && state.has_assistant_audio) {
    return voice_is_fixed();
  }
  if (patch.input_format && *patch.input_format != config.input_format && state.has_input_audio) {
    return fixed("session.audio.input.format", "while the input audio buffer holds audio");
  }
  if (state.is_replying && patch.output_format && *patch.output_format != config.output_format) {
    return fixed("session.audio.output.format", "while a response is in progress");
  }
  if (state.is_replying && patch.speed && *patch.speed != config.speed) {
    return fixed("session.audio.output.speed", "while a response is in progress");
  }
  if (config.tracing && patch.tracing.present() &&
      (patch.tracing.is_null() || patch.tracing.value != *config.tracing)) {
    return fixed("session.tracing", "once it is set");
  }
  return std::nullopt;
}

Problem apply_turn_detection(const TurnDetectionPatch& patch, const TurnDetection& start,
                             std::optional<TurnDetection>& to) {
  TurnDetection merged = to.value_or(start);
  if (patch.type && *patch.type != merged.type) {
    merged = start;
    merged.type = *patch.type;
  }
  const auto foreign = [](const char* key) {
    return unknown_parameter(std::string(kTurnDetection) + "." + key);
  };
  if (merged.type == TurnDetection::Type::server_vad) {
    if (patch.eagerness) return foreign("eagerness");
  } else {
    if (patch.threshold) return foreign("threshold");
    if (patch.prefix_padding_ms) return foreign("prefix_padding_ms");
    if (patch.silence_duration_ms) return foreign("silence_duration_ms");
    if (patch.idle_timeout_ms.has_value()) return foreign("idle_timeout_ms");
  }
  put(patch.threshold, merged.threshold);
  put(patch.prefix_padding_ms, merged.prefix_padding_ms);
  put(patch.silence_duration_ms, merged.silence_duration_ms);
  put(patch.idle_timeout_ms, merged.idle_timeout_ms);
  put(patch.eagerness, merged.eagerness);
  put(patch.create_response, merged.create_response);
  put(patch.interrupt_response, merged.interrupt_response);
  to = merged;
  return std::nullopt;
}

void apply_transcription(const TranscriptionPatch& patch, std::optional<Transcription>& to) {
  if (!to) to.emplace();
  put(patch.model, to->model);
  put(patch.language, to->language);
  put(patch.prompt, to->prompt);
  put(patch.languages, to->languages);
  put(patch.keywords, to->keywords);
  if (patch.delay) to->delay = patch.delay;
}

Problem apply_noise_reduction(const NoiseReductionPatch& patch, std::optional<NoiseReduction>& to) {
  if (!to && !patch.type) {
    return missing_parameter("session.audio.input.noise_reduction.type");
  }
  if (!to) to.emplace();
  put(patch.type, to->type);
  if (patch.strength) to->strength = patch.strength;
  return std::nullopt;
}

Problem apply_input(const SessionPatch& patch, const SessionState& state, SessionConfig& config) {
  put(patch.input_format, config.input_format);
  if (patch.transcription.is_null()) config.transcription.reset();
  if (patch.transcription.has_value()) {
    apply_transcription(patch.transcription.value, config.transcription);
  }
  if (patch.noise_reduction.is_null()) config.noise_reduction.reset();
  if (patch.noise_reduction.has_value()) {
    if (Problem problem =
            apply_noise_reduction(patch.noise_reduction.value, config.noise_reduction)) {
      return problem;
    }
  }
  if (patch.turn_detection.is_null()) config.turn_detection.reset();
  if (!patch.turn_detection.has_value()) return std::nullopt;
  return apply_turn_detection(patch.turn_detection.value, state.turn_default,
                              config.turn_detection);
}

void apply_reply_settings(const SessionPatch& patch, SessionConfig& config) {
  put(patch.modality, config.modality);
  put(patch.instructions, config.instructions);
  put(patch.output_format, config.output_format);
  put(patch.voice, config.voice);
  put(patch.speed, config.speed);
  put(patch.tools, config.tools);
  put(patch.tool_choice, config.tool_choice);
  put(patch.max_output_tokens, config.max_output_tokens);
  put(patch.truncation, config.truncation);
  if (patch.temperature) config.temperature = patch.temperature;
  put(patch.prompt, config.prompt);
  put(patch.tracing, config.tracing);
  put(patch.include, config.include);
  if (patch.reasoning) config.reasoning = patch.reasoning;
  if (patch.parallel_tool_calls) config.parallel_tool_calls = patch.parallel_tool_calls;
}

}  // namespace

ProtocolError voice_is_fixed() {
  ProtocolError error;
  error.code = "cannot_update_voice";
  error.message = "Cannot update a conversation's voice if assistant audio is present.";
  return error;
}

std::optional<ProtocolError> apply(const SessionPatch& patch, const SessionState& state,
                                   SessionConfig& config) {
  if (Problem problem = check_type(patch.type, config.type)) return problem;
  if (Problem problem = check_frozen(patch, state, config)) return problem;
  SessionConfig merged = config;
  if (Problem problem = apply_input(patch, state, merged)) return problem;
  apply_reply_settings(patch, merged);
  config = std::move(merged);
  return std::nullopt;
}

}  // namespace parley::protocol
