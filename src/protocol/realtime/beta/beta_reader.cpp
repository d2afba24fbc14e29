// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/beta/beta_reader.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace parley::protocol {
namespace {

constexpr double kTemperatureMin = 0.6;
constexpr double kTemperatureMax = 1.2;

enum class Kind : std::uint8_t { same, format, modalities, temperature, ignored };

struct Field {
  std::string_view beta;
  std::string_view ga;  // a path
  Kind kind = Kind::same;
};

constexpr std::array<Field, 18> kSession{{
    {"model", "model"},
    {"instructions", "instructions"},
    {"tools", "tools"},
    {"tool_choice", "tool_choice"},
    {"tracing", "tracing"},
    {"prompt", "prompt"},
    {"include", "include"},
    {"voice", "audio.output.voice"},
    {"speed", "audio.output.speed"},
    {"input_audio_transcription", "audio.input.transcription"},
    {"input_audio_noise_reduction", "audio.input.noise_reduction"},
    {"turn_detection", "audio.input.turn_detection"},
    {"max_response_output_tokens", "max_output_tokens"},
    {"input_audio_format", "audio.input.format", Kind::format},
    {"output_audio_format", "audio.output.format", Kind::format},
    {"modalities", "output_modalities", Kind::modalities},
    {"temperature", "", Kind::temperature},
    {"client_secret", "", Kind::ignored},  // read by whoever mints one
}};
constexpr std::array<Field, 7> kTranscription{{
    {"include", "include"},
    {"input_audio_transcription", "audio.input.transcription"},
    {"input_audio_noise_reduction", "audio.input.noise_reduction"},
    {"turn_detection", "audio.input.turn_detection"},
    {"input_audio_format", "audio.input.format", Kind::format},
    {"modalities", "", Kind::ignored},
    {"client_secret", "", Kind::ignored},
}};
constexpr std::array<Field, 11> kResponse{{
    {"instructions", "instructions"},
    {"tools", "tools"},
    {"tool_choice", "tool_choice"},
    {"conversation", "conversation"},
    {"metadata", "metadata"},
    {"input", "input"},
    {"voice", "audio.output.voice"},
    {"max_response_output_tokens", "max_output_tokens"},
    {"output_audio_format", "audio.output.format", Kind::format},
    {"modalities", "output_modalities", Kind::modalities},
    {"temperature", "", Kind::temperature},
}};

std::string_view text_of(const json::string& text) { return {text.data(), text.size()}; }

void report(Problems& problems, ProtocolError error) {
  error.is_in_client_words = true;
  problems.report(std::move(error));
}

void put(json::object& root, std::string_view path, json::value value) {
  json::object* at = &root;
  for (std::size_t dot; (dot = path.find('.')) != path.npos; path.remove_prefix(dot + 1)) {
    json::value& next = (*at)[path.substr(0, dot)];
    at = next.is_object() ? &next.get_object() : &next.emplace_object();
  }
  (*at)[path] = std::move(value);
}

json::value ga_format(const json::value& value, const std::string& path, Problems& problems) {
  static constexpr std::array<Choice<std::string_view>, 3> kFormats{
      {{"pcm16", "audio/pcm"}, {"g711_ulaw", "audio/pcmu"}, {"g711_alaw", "audio/pcma"}}};
  if (value.is_null()) return value;
  const std::optional<std::string_view> type = read_choice(value, path, kFormats, problems);
  return json::object{{"type", json::string(type.value_or("audio/pcm"))}};
}

/// Speech always comes with its text: ["text"], or both in any order.
json::value ga_modalities(const json::value& value, const std::string& path, Problems& problems) {
  if (value.is_null()) return value;
  const std::optional<std::vector<std::string>> names = read_strings(value, path, problems);
  if (!names) return value;
  const auto has = [&](std::string_view name) {
    return std::find(names->begin(), names->end(), name) != names->end();
  };
  if (names->size() == 1 && has("text")) return json::array{"text"};
  if (names->size() == 2 && has("text") && has("audio")) return json::array{"audio"};
  std::string list;
  for (const std::string& name : *names) list += (list.empty() ? "'" : ", '") + name + "'";
  report(problems, invalid_value(path, "Invalid modalities: [" + list +
                                           "]. Supported combinations are: ['text'] and "
                                           "['audio', 'text']."));
  return value;
}

/// `object` with its beta fields replaced; what is in neither list is unknown.
BetaExtras rename(json::object& object, std::span<const Field> fields, const std::string& path,
                  Problems& problems) {
  BetaExtras extras;
  json::object ga(object.storage());
  ObjectReader reader(object, path, problems);
  for (const Field& field : fields) {
    const json::value* value = reader.find(field.beta);
    if (value == nullptr) continue;
    switch (field.kind) {
      case Kind::same:
        put(ga, field.ga, *value);
        break;
      case Kind::format:
        put(ga, field.ga, ga_format(*value, reader.path_of(field.beta), problems));
        break;
      case Kind::modalities:
        put(ga, field.ga, ga_modalities(*value, reader.path_of(field.beta), problems));
        break;
      case Kind::ignored:
        break;
      case Kind::temperature:
        if (!value->is_null()) {
          extras.temperature = reader.number(field.beta, kTemperatureMin, kTemperatureMax);
        }
        break;
    }
  }
  Problems unknown;
  ObjectReader rest(object, path, unknown);
  for (const Field& field : fields) rest.find(field.beta);
  rest.finish();
  if (std::optional<ProtocolError> error = unknown.take()) report(problems, std::move(*error));
  object = std::move(ga);
  return extras;
}

/// An assistant's parts have short names in the beta.
void rewrite_item(json::value& value) {
  json::object* item = value.if_object();
  json::value* role = item == nullptr ? nullptr : item->if_contains("role");
  json::value* content = item == nullptr ? nullptr : item->if_contains("content");
  if (role == nullptr || *role != json::value("assistant")) return;
  if (content == nullptr || !content->is_array()) return;
  for (json::value& part : content->get_array()) {
    json::object* fields = part.if_object();
    json::value* type = fields == nullptr ? nullptr : fields->if_contains("type");
    if (type == nullptr) continue;
    if (*type == json::value("text")) *type = "output_text";
    if (*type == json::value("audio")) *type = "output_audio";
  }
}

/// The beta also names an item as the content of another.
void rewrite_input(json::object& response) {
  json::value* input = response.if_contains("input");
  if (input == nullptr || !input->is_array()) return;
  json::array items(input->storage());
  for (json::value& item : input->get_array()) {
    const json::object* fields = item.if_object();
    const json::value* content = fields == nullptr ? nullptr : fields->if_contains("content");
    const json::array* parts = content == nullptr ? nullptr : content->if_array();
    const bool refers = parts != nullptr && !parts->empty() &&
                        std::all_of(parts->begin(), parts->end(), [](const json::value& part) {
                          const json::object* one = part.if_object();
                          const json::value* type =
                              one == nullptr ? nullptr : one->if_contains("type");
                          return type != nullptr && *type == json::value("item_reference");
                        });
    if (!refers) {
      rewrite_item(item);
      items.push_back(item);
      continue;
    }
    for (const json::value& part : *parts) items.push_back(part);
  }
  *input = std::move(items);
}

BetaExtras rewrite_response(json::object& event, Problems& problems) {
  json::value* response = event.if_contains("response");
  if (response == nullptr || !response->is_object()) return {};
  BetaExtras extras = rename(response->get_object(), kResponse, "response", problems);
  rewrite_input(response->get_object());
  return extras;
}

}  // namespace

BetaExtras rewrite_session_as_ga(json::value& session, SessionType type, Problems& problems) {
  json::object* object = session.if_object();
  if (object == nullptr) return {};  // the GA parser says so
  const bool is_transcription = type == SessionType::transcription;
  BetaExtras extras = is_transcription ? rename(*object, kTranscription, "session", problems)
                                       : rename(*object, kSession, "session", problems);
  (*object)["type"] = is_transcription ? "transcription" : "realtime";
  return extras;
}

BetaExtras rewrite_as_ga(json::object& event, Problems& problems) {
  json::value* type = event.if_contains("type");
  if (type == nullptr || !type->is_string()) return {};
  const std::string_view name = text_of(type->get_string());
  if (name == "session.update" || name == "transcription_session.update") {
    const bool is_transcription = name == "transcription_session.update";
    if (is_transcription) *type = "session.update";
    json::value* session = event.if_contains("session");
    if (session == nullptr) return {};
    return rewrite_session_as_ga(
        *session, is_transcription ? SessionType::transcription : SessionType::realtime, problems);
  }
  if (name == "response.create") return rewrite_response(event, problems);
  if (name == "conversation.item.create") {
    if (json::value* item = event.if_contains("item")) rewrite_item(*item);
  }
  return {};
}

}  // namespace parley::protocol
