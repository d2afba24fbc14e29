// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/beta/beta_writer.h"

#include "protocol/realtime/response_writer.h"
#include "protocol/realtime/session_writer.h"

namespace parley::protocol {
namespace {

constexpr double kDefaultTemperature = 0.8;

std::string_view format_name(const WireFormat& format) {
  switch (format.codec) {
    case media::Codec::pcmu:
      return "g711_ulaw";
    case media::Codec::pcma:
      return "g711_alaw";
    case media::Codec::pcm16:
      break;
  }
  return "pcm16";
}

void write_modalities(JsonWriter& json, Modality modality) {
  json.key("modalities").begin_array();
  json.value("text");
  if (modality == Modality::audio) json.value("audio");
  json.end_array();
}

void write_speaking(JsonWriter& json, const SessionConfig& session) {
  json.field("model", session.model);
  write_modalities(json, session.modality);
  json.field("instructions", session.instructions);
  json.field("voice", session.voice.name);
  json.field("output_audio_format", format_name(session.output_format));
  write_tools(json.key("tools"), session.tools);
  write_tool_choice(json.key("tool_choice"), session.tool_choice);
  json.field("temperature", session.temperature.value_or(kDefaultTemperature));
  write_max_output_tokens(json.key("max_response_output_tokens"), session.max_output_tokens);
  json.field("speed", session.speed);
  json_or_null(json, "tracing", session.tracing);
  json_or_null(json, "prompt", session.prompt);
}

}  // namespace

void write_beta_session_fields(JsonWriter& json, const SessionConfig& session) {
  const bool realtime = session.type == SessionType::realtime;
  json.field("id", session.id);
  json.field("object", realtime ? "realtime.session" : "realtime.transcription_session");
  json.field("expires_at", session.expires_at);
  json.field("input_audio_format", format_name(session.input_format));
  write_transcription(json.key("input_audio_transcription"), session.transcription);
  write_noise_reduction(json.key("input_audio_noise_reduction"), session.noise_reduction);
  write_turn_detection(json.key("turn_detection"), session);
  write_include(json, session);
  if (realtime) write_speaking(json, session);
}

void write_beta_session(JsonWriter& json, const SessionConfig& session) {
  json.begin_object();
  write_beta_session_fields(json, session);
  json.key("client_secret").null();
  json.end_object();
}

void write_beta_response(JsonWriter& json, const ResponseObject& response) {
  json.begin_object();
  write_status(json, response);
  write_output(json, response, Dialect::beta);
  write_modalities(json, response.modality);
  json.field("voice", response.voice);
  json.field("output_audio_format", format_name(response.output_format));
  json.field("temperature", response.temperature.value_or(kDefaultTemperature));
  write_max_output_tokens(json.key("max_output_tokens"), response.max_output_tokens);
  write_usage(json.key("usage"), response.usage);
  write_metadata(json.key("metadata"), response.metadata);
  json.end_object();
}

}  // namespace parley::protocol
