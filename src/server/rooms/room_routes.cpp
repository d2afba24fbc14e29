// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_routes.h"

#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "protocol/room/access_token.h"
#include "protocol/room/token_request.h"
#include "server/http_error.h"
#include "server/rooms/worker_report.h"
#include "transport/client/http_post.h"

namespace parley::server {
namespace {

using protocol::DispatchOrder;
using transport::HttpAnswer;
using transport::HttpReply;
using transport::HttpRequest;
using transport::HttpResponse;

constexpr std::string_view kPath = "/v1/rooms";
constexpr std::string_view kToken = "/v1/rooms/token";
constexpr std::string_view kDispatch = "/v1/rooms/dispatch";
constexpr std::string_view kInvalid = "invalid_request_error";
/// Of names that we choose.
constexpr int kNameLetters = 8;
/// LiveKit waits for other nodes of its own; all of it.
constexpr Millis kDispatchTimeout{10'000};
constexpr std::chrono::seconds kDispatchTokenLife{60};

HttpResponse json_response(int status, std::string body) {
  body += '\n';
  return {.status = status,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

/// What LiveKit's answer means for whoever asked us.
HttpResponse dispatched(const Result<HttpAnswer>& answer, const DispatchOrder& order) {
  if (!answer) {
    return http_error(503, "server_error", "livekit_unavailable",
                      "LiveKit cannot be reached: " + answer.error().message);
  }
  if (answer->status == 200) {
    const std::string id = protocol::dispatch_id_of(answer->body);
    if (!id.empty()) return json_response(200, protocol::dispatch_answer_json(id, order));
    return http_error(502, "server_error", "livekit_error",
                      "LiveKit's answer names no dispatch: is rooms.url that of a LiveKit server?");
  }
  const protocol::TwirpError error = protocol::twirp_error_of(answer->body);
  const std::string said =
      error.message.empty() ? "status " + std::to_string(answer->status) : error.message;
  if (answer->status == 401 || answer->status == 403) {
    return http_error(502, "server_error", "livekit_denied",
                      "LiveKit refuses the server's key (" + said +
                          "): check rooms.key, rooms.secret and the clocks.");
  }
  if (answer->status == 400 && !error.code.empty()) {
    return http_error(400, kInvalid, error.code, "LiveKit: " + said);
  }
  return http_error(502, "server_error", "livekit_error", "LiveKit failed: " + said);
}

}  // namespace

bool RoomRoutes::serves(std::string_view path) noexcept {
  return path.starts_with(kPath) && (path.size() == kPath.size() || path[kPath.size()] == '/');
}

RoomRoutes::RoomRoutes(const Config::Rooms& settings, LiveKitAddress address,
                       const WorkerSocket* worker, const Clock& clock)
    : settings_(settings),
      address_(std::move(address)),
      worker_(worker),
      clock_(clock),
      random_(entropy_seed()),
      http_(transport::HttpClientOptions{}) {}

RoomRoutes::~RoomRoutes() { http_.stop(); }

void RoomRoutes::handle(const HttpRequest& request, HttpReply reply) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (request.path == kPath) {
    if (!is_get) return reply.send(wrong_method("GET, HEAD"));
    if (worker_ == nullptr) return reply.send(json_response(200, rooms_json(settings_, nullptr)));
    const service::WorkerReport report = worker_->report();
    return reply.send(json_response(200, rooms_json(settings_, &report)));
  }
  if (request.path != kToken && request.path != kDispatch) {
    return reply.send(http_error(404, kInvalid, "not_found",
                                 "There is nothing at this path: use /v1/rooms, /v1/rooms/token "
                                 "or /v1/rooms/dispatch."));
  }
  if (request.method != "POST") return reply.send(wrong_method("POST"));
  if (request.path == kToken) return reply.send(mint(request));
  dispatch(request, std::move(reply));
}

HttpResponse RoomRoutes::mint(const HttpRequest& request) {
  auto parsed = protocol::parse_token_request(request.body);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return http_error(400, *error);
  }
  auto& wanted = std::get<protocol::TokenRequest>(parsed);
  if (wanted.room.empty()) wanted.room = chosen("room-");
  if (wanted.identity.empty()) wanted.identity = chosen("user-");
  if (wanted.name.empty()) wanted.name = wanted.identity;
  for (protocol::RoomAgent& agent : wanted.agents) {
    if (agent.agent_name.empty()) agent.agent_name = settings_.agent_name;
  }
  protocol::AccessToken token{.key = address_.key,
                              .identity = wanted.identity,
                              .expires_at = clock_.unix_seconds() + settings_.token_seconds};
  token.name = wanted.name;
  token.metadata = std::move(wanted.metadata);
  token.attributes = std::move(wanted.attributes);
  token.agents = std::move(wanted.agents);
  // Attributes are what people tell an agent of themselves, such as their language.
  token.video = {.room = wanted.room, .can_join = true, .can_update_own_metadata = true};
  return json_response(
      201, protocol::token_answer_json({address_.public_url,
                                        protocol::mint_access_token(token, address_.secret),
                                        wanted.room, wanted.name, wanted.identity}));
}

void RoomRoutes::dispatch(const HttpRequest& request, HttpReply reply) {
  auto parsed = protocol::parse_dispatch_order(request.body);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return reply.send(http_error(400, *error));
  }
  auto& order = std::get<DispatchOrder>(parsed);
  if (order.agent_name.empty()) order.agent_name = settings_.agent_name;
  const protocol::VideoGrant grant{.room = order.room, .is_admin = true};
  transport::HttpPost post{
      .url = address_.at(protocol::kCreateDispatchPath),
      .headers = {{"Content-Type", "application/json"},
                  {"Authorization",
                   address_.authorization(grant, clock_.unix_seconds(), kDispatchTokenLife)}},
      .body = protocol::create_dispatch_json(order),
      .timeout = kDispatchTimeout};
  // Shared with `done`, which must be copyable.
  auto answer_to = std::make_shared<HttpReply>(std::move(reply));
  http_post(http_, std::move(post), [answer_to, order](const Result<HttpAnswer>& answer) {
    answer_to->send(dispatched(answer, order));
  });
}

std::string RoomRoutes::chosen(std::string_view prefix) {
  const std::lock_guard lock(random_mutex_);
  return random_.id(prefix, kNameLetters);
}

}  // namespace parley::server
