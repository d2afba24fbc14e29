// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/socket_event.h"

#include "protocol/json_writer.h"

namespace parley::protocol {
namespace {

constexpr double kMsPerSecond = 1000.0;

/// To the millisecond: more digits would say nothing.
double seconds(media::MediaTime time) { return static_cast<double>(time.ms()) / kMsPerSecond; }

void write_times(JsonWriter& json, std::string_view key, std::string_view name,
                 const std::vector<media::WordTime>& times) {
  json.key(key).begin_array();
  for (const media::WordTime& one : times) {
    json.begin_object();
    json.field(name, one.text);
    json.field("begin", seconds(one.begin));
    json.field("end", seconds(one.end));
    json.end_object();
  }
  json.end_array();
}

void write(JsonWriter& json, const UtteranceStarted& started) {
  json.field("type", "started");
  json.field("id", started.id);
  json.field("format", name_of(started.format.format));
  json.field("samplerate", started.format.rate);
  json.field("content_type", started.content_type);
}

void write(JsonWriter& json, const UtteranceChunk& chunk) {
  json.field("type", "chunk");
  json.field("id", chunk.id);
  json.field("index", chunk.index);
  json.field("begin", seconds(chunk.begin));
  json.field("written", chunk.written);
  json.field("spoken", chunk.spoken);
  write_times(json, "words", "text", chunk.words);
  if (chunk.phonemes) write_times(json, "phonemes", "symbol", *chunk.phonemes);
}

void write(JsonWriter& json, const UtteranceFlushed& flushed) {
  json.field("type", "flushed");
  json.field("id", flushed.id);
  json.field("number", flushed.number);
}

void write(JsonWriter& json, const UtteranceDone& done) {
  json.field("type", "done");
  json.field("id", done.id);
  json.field("duration", seconds(done.duration));
  json.field("characters", done.characters);
}

void write(JsonWriter& json, const UtterancesCancelled& cancelled) {
  json.field("type", "cancelled");
  json.key("ids").begin_array();
  for (const std::string& id : cancelled.ids) json.value(id);
  json.end_array();
}

void write(JsonWriter& json, const SocketProblem& problem) {
  json.field("type", "error");
  json.field("code", problem.status);
  json.field("message", problem.message);
  if (!problem.field.empty()) json.field("field", problem.field);
  if (!problem.id.empty()) json.field("id", problem.id);
  if (problem.ends) json.field("ends", true);
  if (problem.retry_after > 0) json.field("retry_after", problem.retry_after);
}

template <typename Write>
std::string object(Write write) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write(json);
  json.end_object();
  return out;
}

std::string deepgram(std::string_view type, std::uint64_t number) {
  return object([&](JsonWriter& json) {
    json.field("type", type);
    json.field("sequence_id", number);
  });
}

}  // namespace

std::string to_json(const SocketEvent& event) {
  return object(
      [&](JsonWriter& json) { std::visit([&](const auto& one) { write(json, one); }, event); });
}

std::string to_json(const DeepgramMetadata& metadata) {
  return object([&](JsonWriter& json) {
    json.field("type", "Metadata");
    json.field("request_id", metadata.request_id);
    json.field("model_name", metadata.model_name);
    json.field("model_version", metadata.model_version);
    json.field("model_uuid", metadata.model_uuid);
  });
}

std::optional<std::string> to_deepgram_json(const SocketEvent& event) {
  if (const auto* flushed = std::get_if<UtteranceFlushed>(&event)) {
    return deepgram("Flushed", flushed->number);
  }
  if (const auto* cancelled = std::get_if<UtterancesCancelled>(&event)) {
    return deepgram("Cleared", cancelled->number);
  }
  if (const auto* problem = std::get_if<SocketProblem>(&event)) {
    return object([&](JsonWriter& json) {
      json.field("type", "Error");
      json.field("description", problem->message);
      json.field("message", problem->message);
      json.field("code", std::to_string(problem->status));
    });
  }
  return std::nullopt;
}

}  // namespace parley::protocol
