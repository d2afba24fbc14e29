// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/speech_answer.h"

#include "protocol/json_writer.h"

namespace parley::protocol {

void append_audio_delta(std::string& out, std::span<const std::byte> bytes) {
  out += "data: ";
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "speech.audio.delta");
  json.key("audio").base64(bytes);
  json.end_object();
  out += "\n\n";
}

void append_audio_done(std::string& out, const SpeechUsage& usage) {
  out += "data: ";
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "speech.audio.done");
  json.key("usage").begin_object();
  json.field("input_tokens", usage.input_tokens);
  json.field("output_tokens", usage.output_tokens);
  json.field("total_tokens", usage.input_tokens + usage.output_tokens);
  json.end_object();
  json.end_object();
  out += "\n\n";
}

void append_audio_error(std::string& out, std::string_view code, std::string_view message) {
  out += "data: ";
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "error");
  json.key("error").begin_object();
  json.field("type", "server_error");
  json.field("code", code);
  json.field("message", message);
  json.end_object();
  json.end_object();
  out += "\n\n";
}

void begin_audio_chunks(std::string& out) { out += R"({"code":200,"data":{"audio_chunks":[)"; }

void append_audio_chunk(std::string& out, std::uint64_t id, std::span<const std::byte> bytes,
                        double duration) {
  if (id > 0) out += ',';
  JsonWriter json(out);
  json.begin_object();
  json.field("chunk_id", id);
  json.key("audio_data").base64(bytes);
  json.field("duration", duration);
  json.end_object();
}

void end_audio_chunks(std::string& out, double total_duration, int rate) {
  out += R"(],"metadata":)";
  JsonWriter json(out);
  json.begin_object();
  json.field("total_duration", total_duration);
  json.field("samplerate", rate);
  json.end_object();
  out += "}}";
}

std::string voices_json(std::span<const VoiceShown> voices) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("voices").begin_array();
  for (const VoiceShown& voice : voices) {
    json.begin_object();
    json.field("id", voice.id);
    json.field("name", voice.name);
    json.field("language", voice.language);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out;
}

std::string speech_error_json(int status, std::string_view message, std::string_view field) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("code", status);
  json.field("message", message);
  if (!field.empty()) json.field("field", field);
  json.end_object();
  return out;
}

}  // namespace parley::protocol
