// SPDX-License-Identifier: Apache-2.0
#include "protocol/speakers/speaker_answer.h"

#include "protocol/json_writer.h"

namespace parley::protocol {
namespace {

void write(JsonWriter& json, const SpeakerShown& speaker) {
  json.begin_object();
  json.field("id", std::string_view(speaker.id));
  json.field("object", "speaker");
  json.field("name", std::string_view(speaker.name));
  json.field("model", std::string_view(speaker.model));
  json.field("recordings", speaker.recordings);
  json.field("created_at", speaker.created);
  json.field("updated_at", speaker.updated);
  json.end_object();
}

void write_who(JsonWriter& json, const VoiceComparison& compared) {
  json.begin_object();
  json.field("id", std::string_view(compared.id));
  json.field("name", std::string_view(compared.name));
  json.end_object();
}

}  // namespace

std::string speaker_json(const SpeakerShown& speaker) {
  std::string out;
  JsonWriter json(out);
  write(json, speaker);
  return out;
}

std::string speakers_json(std::span<const SpeakerShown> speakers) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("object", "list");
  json.key("data").begin_array();
  for (const SpeakerShown& speaker : speakers) write(json, speaker);
  json.end_array();
  json.end_object();
  return out;
}

std::string speaker_deleted_json(std::string_view id) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", id);
  json.field("object", "speaker.deleted");
  json.field("deleted", true);
  json.end_object();
  return out;
}

std::string identification_json(const std::optional<VoiceComparison>& nearest, double threshold,
                                double speech_seconds) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("object", "speaker.identification");
  json.key("speaker");
  nearest && nearest->is_match ? write_who(json, *nearest) : json.null();
  json.key("nearest");
  nearest ? write_who(json, *nearest) : json.null();
  json.key("score");
  nearest ? json.value(nearest->score) : json.null();
  json.field("threshold", threshold);
  json.field("speech_seconds", speech_seconds);
  json.end_object();
  return out;
}

std::string verification_json(const VoiceComparison& compared, double threshold,
                              double speech_seconds) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("object", "speaker.verification");
  json.key("speaker");
  write_who(json, compared);
  json.field("is_same", compared.is_match);
  json.field("score", compared.score);
  json.field("threshold", threshold);
  json.field("speech_seconds", speech_seconds);
  json.end_object();
  return out;
}

}  // namespace parley::protocol
