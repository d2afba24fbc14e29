// SPDX-License-Identifier: Apache-2.0
#include "server/realtime_rest.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "protocol/json_writer.h"
#include "protocol/realtime/client_secret.h"
#include "server/http_error.h"

namespace parley::server {
namespace {

using protocol::Dialect;
using protocol::SessionType;
using transport::HttpRequest;
using transport::HttpResponse;

constexpr std::string_view kSecrets = "/v1/realtime/client_secrets";
constexpr std::string_view kBetaSessions = "/v1/realtime/sessions";
constexpr std::string_view kBetaTranscriptions = "/v1/realtime/transcription_sessions";
constexpr std::string_view kCalls = "/v1/realtime/calls";
constexpr std::string_view kModels = "/v1/models";
constexpr std::array<std::string_view, 4> kCallVerbs{"accept", "reject", "refer", "hangup"};

bool is_at_or_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

HttpResponse json_response(std::string body) {
  body += '\n';
  return {.status = 200,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

void write_model(protocol::JsonWriter& json, std::string_view name, std::int64_t created) {
  json.begin_object();
  json.field("id", name);
  json.field("object", "model");
  json.field("created", created);
  json.field("owned_by", "parley");
  json.end_object();
}

}  // namespace

bool RealtimeRest::owns(std::string_view path) noexcept {
  return path == kSecrets || path == kBetaSessions || path == kBetaTranscriptions ||
         is_at_or_below(path, kCalls) || is_at_or_below(path, kModels);
}

HttpResponse RealtimeRest::respond(const HttpRequest& request, const SessionOwner& owner) const {
  const std::string& path = request.path;
  if (is_at_or_below(path, kModels)) {
    if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
    return models(path);
  }
  if (request.method != "POST") return wrong_method("POST");
  if (path == kSecrets) return mint(request, owner, Dialect::ga, SessionType::realtime);
  if (path == kBetaSessions) return mint(request, owner, Dialect::beta, SessionType::realtime);
  if (path == kBetaTranscriptions)
    return mint(request, owner, Dialect::beta, SessionType::transcription);
  return call(request);
}

HttpResponse RealtimeRest::mint(const HttpRequest& request, const SessionOwner& owner,
                                Dialect dialect, SessionType type) const {
  auto parsed = protocol::parse_client_secret_request(request.body, dialect, type);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return http_error(400, *error);
  }
  auto& wanted = std::get<protocol::ClientSecretRequest>(parsed);
  const auto session = service_.preview(wanted.session);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&session)) {
    return http_error(400, *error);
  }
  const auto secret =
      secrets_.mint(std::move(wanted.session), wanted.life, request.body.size(), owner);
  if (!secret) {
    HttpResponse busy = http_error(429, "requests", "rate_limit_exceeded", secret.error().message);
    busy.headers.emplace_back("Retry-After", std::to_string(protocol::kSecretLifeMin.count()));
    return busy;
  }
  return json_response(
      protocol::client_secret_json(*secret, std::get<protocol::SessionConfig>(session), dialect));
}

HttpResponse RealtimeRest::call(const HttpRequest& request) const {
  if (request.path == kCalls) {
    return http_error(501, "invalid_request_error", "webrtc_not_available",
                      "This server speaks the Realtime API over WebSocket only.");
  }
  const std::string_view rest = std::string_view(request.path).substr(kCalls.size() + 1);
  const std::size_t slash = rest.find('/');
  const std::string_view id = rest.substr(0, slash);
  const std::string_view verb = slash == rest.npos ? "" : rest.substr(slash + 1);
  if (id.empty() || std::ranges::find(kCallVerbs, verb) == kCallVerbs.end()) {
    return http_error(404, "invalid_request_error", "not_found", "There is nothing at this path.");
  }
  return http_error(404, "invalid_request_error", "call_id_not_found",
                    "No call found with id '" + std::string(id.substr(0, 64)) + "'.");
}

HttpResponse RealtimeRest::models(std::string_view path) const {
  std::string body;
  protocol::JsonWriter json(body);
  if (path == kModels) {
    json.begin_object();
    json.field("object", "list");
    json.key("data").begin_array();
    for (const std::string& name : models_) write_model(json, name, started_at_);
    json.end_array();
    json.end_object();
    return json_response(std::move(body));
  }
  const std::string_view name = path.substr(kModels.size() + 1);
  if (std::ranges::find(models_, name) == models_.end()) {
    return http_error(404, "invalid_request_error", "model_not_found",
                      "The model '" + std::string(name.substr(0, 64)) + "' does not exist.");
  }
  write_model(json, name, started_at_);
  return json_response(std::move(body));
}

}  // namespace parley::server
