// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/access_token.h"

#include <span>
#include <utility>
#include <variant>

#include "base/base64.h"
#include "base/sha256.h"
#include "protocol/json_writer.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
/// Seconds; times beyond are no dates of ours (the year 9999).
constexpr std::int64_t kTimeMax = 253'402'300'799;

std::string signature(std::string_view signed_text, std::string_view secret) {
  const auto digest = hmac_sha256(secret, signed_text);
  return base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// Takes as long whatever differs.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(static_cast<unsigned char>(a[i]) ^
                                             static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

void write_text(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.field(name, std::string_view(text));
}

void write_flag(JsonWriter& json, std::string_view name, bool flag) {
  if (flag) json.field(name, true);
}

void write_flag(JsonWriter& json, std::string_view name, std::optional<bool> flag) {
  if (flag) json.field(name, *flag);
}

void write_video(JsonWriter& json, const VideoGrant& video) {
  json.begin_object();
  write_flag(json, "roomCreate", video.can_create);
  write_flag(json, "roomList", video.can_list);
  write_flag(json, "roomAdmin", video.is_admin);
  write_flag(json, "roomJoin", video.can_join);
  write_text(json, "room", video.room);
  write_flag(json, "canPublish", video.can_publish);
  write_flag(json, "canSubscribe", video.can_subscribe);
  write_flag(json, "canPublishData", video.can_publish_data);
  write_flag(json, "canUpdateOwnMetadata", video.can_update_own_metadata);
  write_flag(json, "hidden", video.is_hidden);
  write_flag(json, "agent", video.is_worker);
  json.end_object();
}

void write_agents(JsonWriter& json, const std::vector<RoomAgent>& agents) {
  json.begin_object();
  json.key("agents").begin_array();
  for (const RoomAgent& agent : agents) {
    json.begin_object();
    json.field("agentName", std::string_view(agent.agent_name));
    write_text(json, "metadata", agent.metadata);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

std::string claims_json(const AccessToken& token) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("iss", std::string_view(token.key));
  write_text(json, "sub", token.identity);
  json.field("exp", token.expires_at);
  if (token.not_before != 0) json.field("nbf", token.not_before);
  write_text(json, "name", token.name);
  write_text(json, "kind", token.kind);
  write_text(json, "metadata", token.metadata);
  if (!token.attributes.empty()) {
    json.key("attributes").begin_object();
    for (const auto& [name, value] : token.attributes) {
      json.quoted_key(name).value(std::string_view(value));
    }
    json.end_object();
  }
  write_video(json.key("video"), token.video);
  if (!token.agents.empty()) write_agents(json.key("roomConfig"), token.agents);
  json.end_object();
  return out;
}

VideoGrant read_video(const json::object& object, Problems& problems) {
  ObjectReader reader(object, "video", problems, ObjectReader::Null::is_absent);
  VideoGrant video;
  video.room = reader.string("room").value_or("");
  video.can_join = reader.boolean("roomJoin").value_or(false);
  video.can_create = reader.boolean("roomCreate").value_or(false);
  video.can_list = reader.boolean("roomList").value_or(false);
  video.is_admin = reader.boolean("roomAdmin").value_or(false);
  video.is_worker = reader.boolean("agent").value_or(false);
  video.is_hidden = reader.boolean("hidden").value_or(false);
  video.can_publish = reader.boolean("canPublish");
  video.can_subscribe = reader.boolean("canSubscribe");
  video.can_publish_data = reader.boolean("canPublishData");
  video.can_update_own_metadata = reader.boolean("canUpdateOwnMetadata");
  return video;
}

std::vector<RoomAgent> read_agents(const json::object& config, Problems& problems) {
  std::vector<RoomAgent> agents;
  ObjectReader reader(config, "roomConfig", problems, ObjectReader::Null::is_absent);
  const json::value* value = reader.find("agents");
  const json::array* list =
      value == nullptr ? nullptr : read_array(*value, "roomConfig.agents", problems);
  if (list == nullptr) return agents;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string path = element_path("roomConfig.agents", i);
    const json::object* object = read_object((*list)[i], path, problems);
    if (object == nullptr) break;
    ObjectReader agent(*object, path, problems, ObjectReader::Null::is_absent);
    agents.push_back(
        {agent.string("agentName").value_or(""), agent.string("metadata").value_or("")});
  }
  return agents;
}

void read_claims(ObjectReader& reader, AccessToken& token) {
  Problems& problems = reader.problems();
  token.key = reader.string("iss").value_or("");
  token.identity = reader.string("sub").value_or("");
  static_cast<void>(reader.require("exp"));
  token.expires_at = reader.integer("exp", 0, kTimeMax).value_or(0);
  token.not_before = reader.integer("nbf", 0, kTimeMax).value_or(0);
  token.name = reader.string("name").value_or("");
  token.kind = reader.string("kind").value_or("");
  token.metadata = reader.string("metadata").value_or("");
  if (const json::value* value = reader.find("attributes")) {
    if (const json::object* object = read_object(*value, "attributes", problems)) {
      for (const auto& [name, text] : *object) {
        auto read = read_string(text, "attributes." + std::string(name), problems);
        if (read) token.attributes.emplace(name, std::move(*read));
      }
    }
  }
  if (const json::value* value = reader.find("video")) {
    const json::object* object = read_object(*value, "video", problems);
    if (object != nullptr) token.video = read_video(*object, problems);
  }
  if (const json::value* value = reader.find("roomConfig")) {
    const json::object* object = read_object(*value, "roomConfig", problems);
    if (object != nullptr) token.agents = read_agents(*object, problems);
  }
}

Error corrupt(std::string why) {
  return {ErrorCode::data_corrupt, "not an access token: " + std::move(why)};
}

Error denied(std::string why) {
  return {ErrorCode::permission_denied, "the access token " + std::move(why)};
}

}  // namespace

std::string mint_access_token(const AccessToken& token, std::string_view secret) {
  std::string jwt = base64url(kHeader) + "." + base64url(claims_json(token));
  jwt += "." + signature(jwt, secret);
  return jwt;
}

Result<AccessToken> verify_access_token(std::string_view jwt, std::string_view secret,
                                        std::int64_t now) {
  if (jwt.size() > kAccessTokenBytesMax) return corrupt("it is too long");
  const std::size_t first = jwt.find('.');
  const std::size_t last = jwt.rfind('.');
  if (first == std::string_view::npos || first == last) return corrupt("it has not three parts");
  const auto head = base64url_decode(jwt.substr(0, first));
  const auto body = base64url_decode(jwt.substr(first + 1, last - first - 1));
  if (!head || !body) return corrupt("a part of it is not base64url");
  const auto algorithm = parse_object<std::string>(
      *head, [](ObjectReader& reader, std::string& name) { name = reader.required_string("alg"); });
  if (const auto* error = std::get_if<ProtocolError>(&algorithm)) return corrupt(error->message);
  // "none" and all others: whoever signs chooses no algorithm for us (RFC 8725 §3.1).
  if (std::get<std::string>(algorithm) != "HS256") return denied("is not signed with HS256");
  if (!is_same(signature(jwt.substr(0, last), secret), jwt.substr(last + 1))) {
    return denied("is signed with another secret");
  }
  auto parsed = parse_object<AccessToken>(*body, read_claims);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) return corrupt(error->message);
  AccessToken& token = std::get<AccessToken>(parsed);
  if (now > token.expires_at + kAccessTokenLeeway) return denied("has expired");
  if (now + kAccessTokenLeeway < token.not_before) return denied("is not valid yet");
  return std::move(token);
}

}  // namespace parley::protocol
