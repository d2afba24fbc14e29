// SPDX-License-Identifier: Apache-2.0
#include "tests/service/realtime/beta_adapter.h"

#include <array>
#include <string_view>
#include <utility>

namespace parley::test {
namespace {

namespace json = boost::json;
using Pair = std::pair<std::string_view, std::string_view>;  // GA, beta

constexpr std::array<Pair, 9> kEvents{{
    {"session.created", "transcription_session.created"},
    {"session.updated", "transcription_session.updated"},
    {"conversation.item.added", "conversation.item.created"},
    {"response.output_text.delta", "response.text.delta"},
    {"response.output_text.done", "response.text.done"},
    {"response.output_audio.delta", "response.audio.delta"},
    {"response.output_audio.done", "response.audio.done"},
    {"response.output_audio_transcript.delta", "response.audio_transcript.delta"},
    {"response.output_audio_transcript.done", "response.audio_transcript.done"},
}};
constexpr std::array<Pair, 3> kFormats{
    {{"audio/pcm", "pcm16"}, {"audio/pcmu", "g711_ulaw"}, {"audio/pcma", "g711_alaw"}}};
constexpr std::array<Pair, 2> kParts{{{"output_text", "text"}, {"output_audio", "audio"}}};
constexpr std::array<Pair, 4> kInput{{{"format", "input_audio_format"},
                                      {"transcription", "input_audio_transcription"},
                                      {"noise_reduction", "input_audio_noise_reduction"},
                                      {"turn_detection", "turn_detection"}}};
constexpr std::array<Pair, 3> kOutput{
    {{"format", "output_audio_format"}, {"voice", "voice"}, {"speed", "speed"}}};

template <std::size_t N>
std::string_view beta_name(const std::array<Pair, N>& pairs, std::string_view ga) {
  for (const auto& [from, to] : pairs) {
    if (from == ga) return to;
  }
  return ga;
}

template <std::size_t N>
std::string_view ga_name(const std::array<Pair, N>& pairs, std::string_view beta) {
  for (const auto& [to, from] : pairs) {
    if (from == beta) return to;
  }
  return beta;
}

std::string_view view(const json::value& text) {
  return {text.as_string().data(), text.as_string().size()};
}

json::value beta_format(const json::value& format) {
  if (!format.is_object()) return format;
  return json::string(beta_name(kFormats, view(format.as_object().at("type"))));
}

json::value ga_format(const json::value& name) {
  const std::string_view type = ga_name(kFormats, view(name));
  json::object format{{"type", type}};
  if (type == "audio/pcm") format["rate"] = 24'000;
  return format;
}

void take(json::object& from, std::string_view name, json::object& to, std::string_view new_name) {
  const auto found = from.find(name);
  if (found == from.end()) return;
  to[new_name] = name.ends_with("format") ? beta_format(found->value()) : found->value();
}

/// A session or a response, as a GA client writes it.
void flatten(json::object& object) {
  json::object flat;
  for (const json::key_value_pair& field : object) {
    const json::value& value = field.value();
    if (field.key() == "audio") {
      json::object audio = value.as_object();
      for (const auto& [ga, beta] : kInput) {
        if (audio.contains("input")) take(audio["input"].as_object(), ga, flat, beta);
      }
      for (const auto& [ga, beta] : kOutput) {
        if (audio.contains("output")) take(audio["output"].as_object(), ga, flat, beta);
      }
    } else if (field.key() == "output_modalities") {
      flat["modalities"] = value == json::array{"audio"} ? json::value{"text", "audio"} : value;
    } else if (field.key() == "max_output_tokens") {
      flat["max_response_output_tokens"] = value;
    } else {
      flat[field.key()] = value;
    }
  }
  object = std::move(flat);
}

void move(json::object& from, std::string_view name, json::object& to, std::string_view new_name) {
  const auto found = from.find(name);
  if (found == from.end()) return;
  to[new_name] = name.ends_with("format") ? ga_format(found->value()) : found->value();
  from.erase(name);
}

/// A session or a response, as a beta server shows it.
void unflatten(json::object& object) {
  json::object ga;
  json::object input;
  json::object output;
  for (const auto& [name, beta] : kInput) move(object, beta, input, name);
  for (const auto& [name, beta] : kOutput) move(object, beta, output, name);
  json::object audio;
  if (!input.empty()) audio["input"] = std::move(input);
  if (!output.empty()) audio["output"] = std::move(output);
  for (const json::key_value_pair& field : object) {
    if (field.key() == "modalities") {
      const bool speaks = field.value().as_array().size() == 2;
      ga["output_modalities"] = json::array{speaks ? "audio" : "text"};
    } else if (field.key() == "max_response_output_tokens") {
      ga["max_output_tokens"] = field.value();
    } else if (field.key() != "temperature" && field.key() != "client_secret") {
      ga[field.key()] = field.value();
    }
  }
  ga["audio"] = std::move(audio);
  object = std::move(ga);
}

void rename_parts(json::value& item, bool to_ga) {
  json::object& fields = item.as_object();
  const json::value* role = fields.if_contains("role");
  json::value* content = fields.if_contains("content");
  if (role == nullptr || view(*role) != "assistant" || content == nullptr) return;
  for (json::value& part : content->as_array()) {
    json::value& type = part.as_object().at("type");
    type = json::string(to_ga ? ga_name(kParts, view(type)) : beta_name(kParts, view(type)));
  }
}

void restore_error(json::object& error) {
  const json::value param = error.at("param");
  if (!param.is_string()) return;
  const std::string path(view(param));
  const std::size_t dot = path.find('.');
  if (dot == path.npos) return;
  const std::string root = path.substr(0, dot + 1);
  const std::string rest = path.substr(dot + 1);
  std::string ga = rest;
  const auto rename = [&](std::string_view beta, const std::string& to) {
    if (rest.starts_with(beta)) ga = to + rest.substr(beta.size());
  };
  for (const auto& [name, beta] : kInput) rename(beta, "audio.input." + std::string(name));
  for (const auto& [name, beta] : kOutput) rename(beta, "audio.output." + std::string(name));
  rename("modalities", "output_modalities");
  rename("max_response_output_tokens", "max_output_tokens");
  error.at("param") = root + ga;
  std::string message(view(error.at("message")));
  const std::size_t at = message.find(path);
  if (at != message.npos) message.replace(at, path.size(), root + ga);
  error.at("message") = message;
}

}  // namespace

std::string BetaAdapter::to_beta(const std::string& frame) {
  json::error_code error;
  json::value event = json::parse(frame, error);
  if (error || !event.is_object() || !event.as_object().contains("type")) return frame;
  json::object& fields = event.as_object();
  const std::string type(view(fields.at("type")));
  if (type == "session.update") {
    json::object& session = fields.at("session").as_object();
    const json::value* kind = session.if_contains("type");
    if (kind != nullptr && view(*kind) == "transcription") {
      fields.at("type") = "transcription_session.update";
    }
    flatten(session);
    session.erase("type");
  } else if (type == "response.create" && fields.contains("response")) {
    json::object& response = fields.at("response").as_object();
    flatten(response);
    if (json::value* input = response.if_contains("input"); input != nullptr && input->is_array()) {
      for (json::value& item : input->as_array()) rename_parts(item, false);
    }
  } else if (type == "conversation.item.create") {
    rename_parts(fields.at("item"), false);
  }
  return json::serialize(event);
}

std::vector<std::string> BetaAdapter::to_ga(const std::string& frame) {
  json::value event = json::parse(frame);
  json::object& fields = event.as_object();
  const std::string beta(view(fields.at("type")));
  if (beta == "conversation.created") return {};
  const std::string type(ga_name(kEvents, beta));
  fields.at("type") = json::string(type);
  if (type == "error") restore_error(fields.at("error").as_object());
  if (json::value* session = fields.if_contains("session")) {
    unflatten(session->as_object());
    session->as_object()["type"] =
        beta.starts_with("transcription_") ? "transcription" : "realtime";
    session->as_object()["truncation"] = "auto";  // the beta has no word for it
  }
  if (json::value* response = fields.if_contains("response")) {
    unflatten(response->as_object());
    for (json::value& item : response->as_object().at("output").as_array()) {
      rename_parts(item, true);
    }
  }
  if (type == "conversation.item.deleted")
    announced_.erase(std::string(view(fields.at("item_id"))));
  json::value* item = fields.if_contains("item");
  if (item == nullptr) return {json::serialize(event)};
  rename_parts(*item, true);
  const std::string id(view(item->as_object().at("id")));
  const auto done = [&](const json::value& previous) {
    return json::serialize(
        json::object{{"type", "conversation.item.done"},
                     {"event_id", std::string(view(fields.at("event_id"))) + "d"},
                     {"previous_item_id", previous},
                     {"item", *item}});
  };
  if (type == "conversation.item.added") {
    const json::value previous = fields.at("previous_item_id");
    const json::value* status = item->as_object().if_contains("status");
    if (status != nullptr && *status == json::value("in_progress")) {
      announced_[id] = previous;
      return {json::serialize(event)};
    }
    return {json::serialize(event), done(previous)};
  }
  if (type == "response.output_item.done" && announced_.contains(id)) {
    return {done(announced_[id]), json::serialize(event)};
  }
  return {json::serialize(event)};
}

}  // namespace parley::test
