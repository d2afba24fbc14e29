// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/token_request.h"

#include <optional>
#include <utility>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

/// "room_name", or "roomName": null where neither is.
const json::value* either(ObjectReader& reader, std::string_view snake, std::string_view camel) {
  const json::value* value = reader.find(snake);
  return value != nullptr ? value : reader.find(camel);
}

std::string text(ObjectReader& reader, std::string_view snake, std::string_view camel,
                 std::size_t bytes_max) {
  const json::value* value = either(reader, snake, camel);
  if (value == nullptr) return {};
  const std::string path = reader.path_of(snake);
  std::optional<std::string> read = read_string(*value, path, reader.problems());
  if (!read) return {};
  if (read->size() > bytes_max) {
    reader.problems().report(string_too_long(path, bytes_max, read->size()));
  }
  return std::move(*read);
}

ProtocolError too_many(std::string_view path, std::size_t most, std::size_t found) {
  return invalid_value(std::string(path), "Invalid value for '" + std::string(path) +
                                              "': expected at most " + std::to_string(most) +
                                              " of them, got " + std::to_string(found) + ".");
}

void read_attributes(const json::value& value, Problems& problems, TokenRequest& request) {
  constexpr std::string_view kPath = "participant_attributes";
  const json::object* object = read_object(value, kPath, problems);
  if (object == nullptr) return;
  if (object->size() > kTokenAttributesMax) {
    return problems.report(too_many(kPath, kTokenAttributesMax, object->size()));
  }
  ObjectReader reader(*object, std::string(kPath), problems);
  for (const auto& [key, ignored] : *object) {
    const std::string_view name(key.data(), key.size());
    if (name.size() > kTokenNameBytesMax) {
      return problems.report(string_too_long(std::string(kPath), kTokenNameBytesMax, name.size()));
    }
    request.attributes.emplace(name, text(reader, name, name, kTokenTextBytesMax));
  }
}

void read_agents(const json::value& config, Problems& problems, TokenRequest& request) {
  const json::object* object = read_object(config, "room_config", problems);
  if (object == nullptr) return;
  ObjectReader reader(*object, "room_config", problems, ObjectReader::Null::is_absent);
  const json::value* value = reader.find("agents");
  if (value == nullptr) return;
  constexpr std::string_view kPath = "room_config.agents";
  const json::array* list = read_array(*value, kPath, problems);
  if (list == nullptr) return;
  if (list->size() > kTokenAgentsMax) {
    return problems.report(too_many(kPath, kTokenAgentsMax, list->size()));
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string path = element_path(kPath, i);
    const json::object* agent = read_object((*list)[i], path, problems);
    if (agent == nullptr) return;
    ObjectReader one(*agent, path, problems, ObjectReader::Null::is_absent);
    request.agents.push_back({text(one, "agent_name", "agentName", kTokenNameBytesMax),
                              text(one, "metadata", "metadata", kTokenTextBytesMax)});
  }
}

void read_request(ObjectReader& reader, TokenRequest& request) {
  request.room = text(reader, "room_name", "roomName", kTokenNameBytesMax);
  request.name = text(reader, "participant_name", "participantName", kTokenNameBytesMax);
  request.identity =
      text(reader, "participant_identity", "participantIdentity", kTokenNameBytesMax);
  request.metadata =
      text(reader, "participant_metadata", "participantMetadata", kTokenTextBytesMax);
  if (const auto* value = either(reader, "participant_attributes", "participantAttributes")) {
    read_attributes(*value, reader.problems(), request);
  }
  if (const auto* value = either(reader, "room_config", "roomConfig")) {
    read_agents(*value, reader.problems(), request);
  }
}

}  // namespace

std::variant<TokenRequest, ProtocolError> parse_token_request(std::string_view body) {
  if (body.empty()) return TokenRequest{};
  return parse_object<TokenRequest>(body, read_request);
}

std::string token_answer_json(const TokenAnswer& answer) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("server_url", std::string_view(answer.server_url));
  json.field("participant_token", std::string_view(answer.token));
  json.field("room_name", std::string_view(answer.room));
  json.field("participant_name", std::string_view(answer.name));
  json.field("participant_identity", std::string_view(answer.identity));
  json.field("serverUrl", std::string_view(answer.server_url));
  json.field("participantToken", std::string_view(answer.token));
  json.field("roomName", std::string_view(answer.room));
  json.field("participantName", std::string_view(answer.name));
  json.field("participantIdentity", std::string_view(answer.identity));
  json.end_object();
  return out;
}

}  // namespace parley::protocol
