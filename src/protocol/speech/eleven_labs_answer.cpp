// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/eleven_labs_answer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/base64.h"
#include "protocol/json_writer.h"

namespace parley::protocol {
namespace {

using media::MediaTime;

constexpr double kMsPerSecond = 1000.0;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::int64_t ms_from(MediaTime origin, MediaTime time) {
  return (std::max(time, origin) - origin).ms();
}

double seconds(MediaTime time) { return static_cast<double>(time.ms()) / kMsPerSecond; }

template <typename Write>
std::string object(Write write) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write(json);
  json.end_object();
  return out;
}

template <typename ValueOf>
void write_column(JsonWriter& json, std::string_view key,
                  const std::vector<TimedCharacter>& characters, ValueOf value_of) {
  json.key(key).begin_array();
  for (const TimedCharacter& one : characters) json.value(value_of(one));
  json.end_array();
}

void write_socket_alignment(JsonWriter& json, std::string_view key,
                            const std::vector<TimedCharacter>& characters, MediaTime origin) {
  json.key(key);
  if (characters.empty()) return json.null();
  json.begin_object();
  write_column(json, "chars", characters,
               [](const TimedCharacter& one) { return std::string_view(one.text); });
  write_column(json, "charStartTimesMs", characters,
               [&](const TimedCharacter& one) { return ms_from(origin, one.begin); });
  // Of the rounded times, so that a start and its duration are the next start.
  write_column(json, "charDurationsMs", characters, [&](const TimedCharacter& one) {
    return ms_from(origin, one.end) - ms_from(origin, one.begin);
  });
  json.end_object();
}

void write_http_alignment(JsonWriter& json, std::string_view key,
                          const std::vector<TimedCharacter>& characters) {
  json.key(key);
  if (characters.empty()) return json.null();
  json.begin_object();
  write_column(json, "characters", characters,
               [](const TimedCharacter& one) { return std::string_view(one.text); });
  write_column(json, "character_start_times_seconds", characters,
               [](const TimedCharacter& one) { return seconds(one.begin); });
  write_column(json, "character_end_times_seconds", characters,
               [](const TimedCharacter& one) { return seconds(one.end); });
  json.end_object();
}

void write_voice(JsonWriter& json, const ElevenLabsVoice& voice) {
  json.begin_object();
  json.field("voice_id", voice.id);
  json.field("name", voice.name);
  json.field("category", "premade");
  json.key("labels").begin_object();
  json.field("language", voice.language);
  json.end_object();
  json.key("description").null();
  json.key("preview_url").null();
  json.key("available_for_tiers").begin_array();
  json.end_array();
  json.key("settings").null();
  json.key("high_quality_base_model_ids").begin_array();
  json.end_array();
  json.end_object();
}

void write_model(JsonWriter& json, std::string_view model, std::span<const std::string> languages,
                 std::size_t characters_max) {
  json.begin_object();
  json.field("model_id", model);
  json.field("name", model);
  json.field("can_do_text_to_speech", true);
  for (const char* cannot : {"can_be_finetuned", "can_do_voice_conversion", "can_use_style",
                             "can_use_speaker_boost", "serves_pro_voices"}) {
    json.field(cannot, false);
  }
  json.field("token_cost_factor", 0.0);
  json.field("description", "A voice of this server.");
  json.field("requires_alpha_access", false);
  json.field("max_characters_request_free_user", characters_max);
  json.field("max_characters_request_subscribed_user", characters_max);
  json.field("maximum_text_length_per_request", characters_max);
  json.key("languages").begin_array();
  for (const std::string& language : languages) {
    json.begin_object();
    json.field("language_id", language);
    json.field("name", language);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

}  // namespace

std::string eleven_labs_audio(std::string_view audio, const ElevenLabsAlignments& alignments,
                              MediaTime begin, const std::optional<std::string>& context) {
  return object([&](JsonWriter& json) {
    json.key("audio").base64(bytes_of(audio));
    json.key("isFinal").null();
    write_socket_alignment(json, "normalizedAlignment", alignments.spoken, begin);
    write_socket_alignment(json, "alignment", alignments.written, begin);
    if (context) json.field("contextId", *context);
  });
}

std::string eleven_labs_final(const std::optional<std::string>& context) {
  return object([&](JsonWriter& json) {
    json.key("audio").null();
    json.field("isFinal", true);
    if (context) json.field("contextId", *context);
  });
}

std::string eleven_labs_socket_error(std::string_view error, std::string_view message, int code) {
  return object([&](JsonWriter& json) {
    json.field("message", message);
    json.field("error", error);
    json.field("code", code);
  });
}

std::string eleven_labs_timed_audio(std::string_view audio,
                                    const ElevenLabsAlignments& alignments) {
  return object([&](JsonWriter& json) {
    json.key("audio_base64").base64(bytes_of(audio));
    write_http_alignment(json, "alignment", alignments.written);
    write_http_alignment(json, "normalized_alignment", alignments.spoken);
  });
}

std::string ElevenLabsTimedBody::append(std::string_view audio, ElevenLabsAlignments alignments) {
  constexpr std::size_t kGroup = 3;
  std::string out = std::exchange(has_begun_, true) ? "" : R"({"audio_base64":")";
  odd_ += audio;
  const std::size_t whole = odd_.size() - odd_.size() % kGroup;
  base64_append(out, bytes_of(odd_).first(whole));
  odd_.erase(0, whole);
  const auto move_into = [](std::vector<TimedCharacter>& all, std::vector<TimedCharacter>& some) {
    all.insert(all.end(), std::move_iterator(some.begin()), std::move_iterator(some.end()));
  };
  move_into(all_.written, alignments.written);
  move_into(all_.spoken, alignments.spoken);
  return out;
}

std::string ElevenLabsTimedBody::finish() {
  std::string out = append("", {});
  base64_append(out, bytes_of(odd_));
  out += "\",";
  const std::string alignments = object([&](JsonWriter& json) {
    write_http_alignment(json, "alignment", all_.written);
    write_http_alignment(json, "normalized_alignment", all_.spoken);
  });
  return out.append(alignments, 1);
}

std::string eleven_labs_voices(std::span<const ElevenLabsVoice> voices) {
  return object([&](JsonWriter& json) {
    json.key("voices").begin_array();
    for (const ElevenLabsVoice& voice : voices) write_voice(json, voice);
    json.end_array();
    json.field("has_more", false);
    json.field("total_count", voices.size());
    json.key("next_page_token").null();
  });
}

std::string eleven_labs_voice(const ElevenLabsVoice& voice) {
  std::string out;
  JsonWriter json(out);
  write_voice(json, voice);
  return out;
}

std::string eleven_labs_models(std::span<const std::string> models,
                               std::span<const std::string> languages, std::size_t characters_max) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const std::string& model : models) write_model(json, model, languages, characters_max);
  json.end_array();
  return out;
}

std::string eleven_labs_error(std::string_view status, std::string_view message) {
  return object([&](JsonWriter& json) {
    json.key("detail").begin_object();
    json.field("status", status);
    json.field("message", message);
    json.end_object();
  });
}

std::string eleven_labs_invalid(std::string_view place, std::string_view field,
                                std::string_view message) {
  return object([&](JsonWriter& json) {
    json.key("detail").begin_array();
    json.begin_object();
    json.key("loc").begin_array();
    json.value(place);
    if (!field.empty()) json.value(field);
    json.end_array();
    json.field("msg", message);
    json.field("type", "value_error");
    json.end_object();
    json.end_array();
  });
}

}  // namespace parley::protocol
