// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/session_writer.h"

#include "protocol/realtime/beta/beta_writer.h"
#include "protocol/realtime/server_event.h"

namespace parley::protocol {
namespace {

template <typename T>
void field_or_null(JsonWriter& json, std::string_view name, const std::optional<T>& what) {
  json.key(name);
  if (what) {
    json.value(*what);
  } else {
    json.null();
  }
}

void write_strings(JsonWriter& json, const std::vector<std::string>& strings) {
  json.begin_array();
  for (const std::string& text : strings) json.value(text);
  json.end_array();
}

void write_voice(JsonWriter& json, const Voice& voice) {
  if (!voice.is_object) return json.value(voice.name);
  json.begin_object();
  json.field("id", voice.name);
  json.end_object();
}

std::string_view to_string(TurnDetection::Eagerness eagerness) {
  switch (eagerness) {
    case TurnDetection::Eagerness::low:
      return "low";
    case TurnDetection::Eagerness::medium:
      return "medium";
    case TurnDetection::Eagerness::high:
      return "high";
    case TurnDetection::Eagerness::automatic:
      break;
  }
  return "auto";
}

void write_detector(JsonWriter& json, const TurnDetection& turn, SessionType session) {
  json.begin_object();
  const bool semantic = turn.type == TurnDetection::Type::semantic_vad;
  json.field("type", semantic ? "semantic_vad" : "server_vad");
  if (semantic) {
    json.field("eagerness", to_string(turn.eagerness));
  } else {
    json.field("threshold", turn.threshold);
    json.field("prefix_padding_ms", turn.prefix_padding_ms);
    json.field("silence_duration_ms", turn.silence_duration_ms);
  }
  if (session == SessionType::realtime) {
    if (!semantic) field_or_null(json, "idle_timeout_ms", turn.idle_timeout_ms);
    // Always said: clients take a missing interrupt_response for false and cancel by themselves.
    json.field("create_response", turn.create_response);
    json.field("interrupt_response", turn.interrupt_response);
  }
  json.end_object();
}

void write_transcription_of(JsonWriter& json, const Transcription& transcription) {
  json.begin_object();
  if (!transcription.model.empty()) json.field("model", transcription.model);
  field_or_null(json, "language", transcription.language);
  field_or_null(json, "prompt", transcription.prompt);
  if (!transcription.languages.empty()) {
    write_strings(json.key("languages"), transcription.languages);
  }
  if (!transcription.keywords.empty()) {
    write_strings(json.key("keywords"), transcription.keywords);
  }
  if (transcription.delay) json.field("delay", *transcription.delay);
  json.end_object();
}

void write_input(JsonWriter& json, const SessionConfig& session) {
  json.begin_object();
  write_format(json.key("format"), session.input_format);
  write_transcription(json.key("transcription"), session.transcription);
  write_noise_reduction(json.key("noise_reduction"), session.noise_reduction);
  write_turn_detection(json.key("turn_detection"), session);
  json.end_object();
}

void write_tool(JsonWriter& json, const Tool& tool) {
  if (tool.mcp != nullptr) return json.raw(tool.mcp->shown);
  json.begin_object();
  json.field("type", "function");
  json.field("name", tool.name);
  if (tool.description) json.field("description", *tool.description);
  if (tool.parameters) json.key("parameters").raw(*tool.parameters);
  json.end_object();
}

void write_truncation(JsonWriter& json, const Truncation& truncation) {
  switch (truncation.kind) {
    case Truncation::Kind::automatic:
      return json.value("auto");
    case Truncation::Kind::disabled:
      return json.value("disabled");
    case Truncation::Kind::retention_ratio:
      break;
  }
  json.begin_object();
  json.field("type", "retention_ratio");
  json.field("retention_ratio", truncation.retention_ratio);
  if (truncation.post_instructions) {
    json.key("token_limits").begin_object();
    json.field("post_instructions", *truncation.post_instructions);
    json.end_object();
  }
  json.end_object();
}

void write_reply_settings(JsonWriter& json, const SessionConfig& session) {
  json.key("output_modalities").begin_array();
  json.value(to_string(session.modality));
  json.end_array();
  json.field("instructions", session.instructions);
  write_tools(json.key("tools"), session.tools);
  write_tool_choice(json.key("tool_choice"), session.tool_choice);
  write_max_output_tokens(json.key("max_output_tokens"), session.max_output_tokens);
  json_or_null(json, "tracing", session.tracing);
  write_truncation(json.key("truncation"), session.truncation);
  json_or_null(json, "prompt", session.prompt);
  if (session.reasoning) json.key("reasoning").raw(*session.reasoning);
  if (session.parallel_tool_calls) {
    json.field("parallel_tool_calls", *session.parallel_tool_calls);
  }
}

}  // namespace

void json_or_null(JsonWriter& json, std::string_view name, const std::optional<std::string>& text) {
  json.key(name);
  if (text) {
    json.raw(*text);
  } else {
    json.null();
  }
}

void write_include(JsonWriter& json, const SessionConfig& session) {
  json.key("include");
  if (session.include) {
    write_strings(json, *session.include);
  } else {
    json.null();
  }
}

void write_transcription(JsonWriter& json, const std::optional<Transcription>& transcription) {
  if (!transcription) return json.null();
  write_transcription_of(json, *transcription);
}

void write_noise_reduction(JsonWriter& json, const std::optional<NoiseReduction>& noise) {
  if (!noise) return json.null();
  json.begin_object();
  json.field("type", noise->type == NoiseReduction::Type::near_field ? "near_field" : "far_field");
  if (noise->strength) json.field("strength", *noise->strength);
  json.end_object();
}

void write_turn_detection(JsonWriter& json, const SessionConfig& session) {
  if (!session.turn_detection) return json.null();
  write_detector(json, *session.turn_detection, session.type);
}

void write_tools(JsonWriter& json, const std::vector<Tool>& tools) {
  json.begin_array();
  for (const Tool& tool : tools) write_tool(json, tool);
  json.end_array();
}

void write_tool_choice(JsonWriter& json, const ToolChoice& choice) {
  switch (choice.kind) {
    case ToolChoice::Kind::automatic:
      return json.value("auto");
    case ToolChoice::Kind::none:
      return json.value("none");
    case ToolChoice::Kind::required:
      return json.value("required");
    case ToolChoice::Kind::function:
    case ToolChoice::Kind::mcp:
      break;
  }
  const bool is_mcp = choice.kind == ToolChoice::Kind::mcp;
  json.begin_object();
  json.field("type", is_mcp ? "mcp" : "function");
  if (is_mcp) json.field("server_label", choice.server_label);
  if (!choice.function.empty()) json.field("name", choice.function);
  json.end_object();
}

std::string_view to_string(Modality modality) noexcept {
  return modality == Modality::audio ? "audio" : "text";
}

void write_format(JsonWriter& json, const WireFormat& format) {
  json.begin_object();
  switch (format.codec) {
    case media::Codec::pcm16:
      json.field("type", "audio/pcm");
      json.field("rate", format.rate());
      break;
    case media::Codec::pcmu:
      json.field("type", "audio/pcmu");
      break;
    case media::Codec::pcma:
      json.field("type", "audio/pcma");
      break;
  }
  json.end_object();
}

void write_max_output_tokens(JsonWriter& json, std::int32_t tokens) {
  if (tokens == 0) {
    json.value("inf");
  } else {
    json.value(tokens);
  }
}

void write_session(JsonWriter& json, const SessionConfig& session) {
  const bool realtime = session.type == SessionType::realtime;
  json.begin_object();
  json.field("type", realtime ? "realtime" : "transcription");
  json.field("object", realtime ? "realtime.session" : "realtime.transcription_session");
  json.field("id", session.id);
  if (realtime) {
    json.field("model", session.model);
    write_reply_settings(json, session);
  }
  json.field("expires_at", session.expires_at);
  write_include(json, session);
  json.key("audio").begin_object();
  write_input(json.key("input"), session);
  if (realtime) {
    json.key("output").begin_object();
    write_format(json.key("format"), session.output_format);
    write_voice(json.key("voice"), session.voice);
    json.field("speed", session.speed);
    json.end_object();
  }
  json.end_object();
  json.end_object();
}

std::string to_json(const SessionConfig& session, Dialect dialect) {
  std::string out;
  JsonWriter json(out);
  dialect == Dialect::beta ? write_beta_session(json, session) : write_session(json, session);
  return out;
}

}  // namespace parley::protocol
