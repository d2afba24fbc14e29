// SPDX-License-Identifier: Apache-2.0
#include "server/xiaozhi/xiaozhi_route.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <utility>
#include <variant>

#include "protocol/xiaozhi/binary_frame.h"
#include "protocol/xiaozhi/ota.h"
#include "server/http_error.h"
#include "server/speech/socket_admission.h"
#include "server/xiaozhi/xiaozhi_socket.h"
#include "service/speaker_gate.h"

namespace parley::server {

using transport::HttpRequest;
using transport::HttpResponse;

namespace {

constexpr std::string_view kOta = "/xiaozhi/ota";
constexpr std::string_view kActivate = "/xiaozhi/ota/activate";
constexpr std::string_view kSocket = "/xiaozhi/v1";
constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kDeviceBytesMax = 64;
constexpr std::int64_t kMsPerSecond = 1000;
constexpr std::int64_t kSecondsPerMinute = 60;

/// With and without a slash at its end.
bool is_path(std::string_view path, std::string_view wanted) noexcept {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path == wanted;
}

/// A name or address and perhaps a port: what is put into a URL.
bool is_host(std::string_view host) noexcept {
  constexpr std::string_view kMarks = ".:-_[]";
  return !host.empty() && host.size() <= kHostBytesMax && std::ranges::all_of(host, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::int32_t timezone_offset_min(std::int64_t unix_seconds) {
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm local{};
  if (localtime_r(&time, &local) == nullptr) return 0;
  return static_cast<std::int32_t>(local.tm_gmtoff / kSecondsPerMinute);
}

/// A header, or what clients that can set none put into the query.
std::string told(const HttpRequest& request, std::string_view header, std::string_view query) {
  std::string_view value = request.header(header).value_or("");
  if (value.empty()) value = request.query_value(query).value_or("");
  return std::string(value.substr(0, kDeviceBytesMax));
}

HttpResponse bad_gate(const Error& error) {
  return http_error(400, "invalid_request_error", "invalid_value", error.message);
}

HttpResponse bad_key() {
  return http_error(401, "invalid_request_error", "invalid_api_key",
                    "This needs a key: /xiaozhi/ota/?key=KEY is the device's address.");
}

}  // namespace

bool XiaozhiRoute::serves(std::string_view path) noexcept {
  return is_path(path, kOta) || is_path(path, kActivate) || is_socket(path);
}

bool XiaozhiRoute::is_socket(std::string_view path) noexcept { return is_path(path, kSocket); }

std::optional<std::string> XiaozhiRoute::token_of(const HttpRequest& request) const {
  std::vector<std::string_view> shown = ApiKeys::shown(request);
  for (const std::string_view name : {"key", "authorization"}) {
    std::string_view value = request.query_value(name).value_or("");
    if (value.starts_with(kBearer)) value.remove_prefix(kBearer.size());
    if (!value.empty()) shown.push_back(value);
  }
  for (const std::string_view key : shown) {
    if (around_.keys.find_key(key)) return std::string(key);
  }
  return std::nullopt;
}

HttpResponse XiaozhiRoute::respond(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "POST" && request.method != "HEAD") {
    return wrong_method("GET, POST");
  }
  // No device is asked to activate itself; one that does all the same is done.
  if (is_path(request.path, kActivate)) {
    return {.status = 200, .content_type = "application/json", .body = "{}"};
  }
  std::optional<std::string> token = token_of(request);
  if (!token && !around_.keys.is_open()) return bad_key();
  const std::string_view host = request.header("Host").value_or("");
  if (!is_host(host)) {
    return http_error(400, "invalid_request_error", "invalid_host",
                      "The header Host must name this server: devices connect to it.");
  }
  const std::optional<std::string_view> gate = request.query_value(service::kGate);
  if (gate) {
    const Result<bool> known = around_.service.parse_gate(*gate);
    if (!known) return bad_gate(known.error());
  }
  const bool is_secure = around_.has_tls || request.header("X-Forwarded-Proto") == "https";
  const std::int64_t now = around_.clock.unix_seconds();
  protocol::OtaAnswer answer;
  answer.url = (is_secure ? "wss://" : "ws://") + std::string(host) + std::string(kSocket) + "/";
  if (gate) answer.url.append("?").append(service::kGate).append("=").append(*gate);
  answer.token = token.value_or("");
  answer.framing = protocol::framing_version(request.query_value("version"));
  answer.time_ms = now * kMsPerSecond;
  answer.timezone_offset_min = timezone_offset_min(now);
  answer.firmware = protocol::firmware_version(request.body);
  return {.status = 200,
          .content_type = "application/json",
          .body = protocol::to_json(answer),
          .headers = {{"Cache-Control", "no-store"}}};
}

/// Refused before the upgrade: a device that is let in and heard of nothing would wait for a hello.
transport::UpgradeDecision XiaozhiRoute::accept(const HttpRequest& request) const {
  const std::optional<std::string> token = token_of(request);
  const std::optional<std::size_t> key =
      token ? around_.keys.find_key(*token) : std::optional<std::size_t>();
  auto admitted = admit_socket(around_.keys, around_.accounts, key, request.remote);
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
    if (refused->status == 401) return bad_key();
    HttpResponse response =
        http_error(refused->status, "requests", refused->code, refused->message);
    response.headers.emplace_back("Retry-After", std::to_string(refused->retry_seconds));
    return response;
  }
  std::optional<bool> enrolled_only;
  if (const auto gate = request.query_value(service::kGate)) {
    const Result<bool> known = around_.service.parse_gate(*gate);
    if (!known) return bad_gate(known.error());
    enrolled_only = *known;
  }
  return transport::UpgradeAccepted{
      std::make_unique<XiaozhiSocket>(
          around_.service, around_.gate,
          XiaozhiSocket::Setup{
              .admission = std::get<SocketAdmission>(std::move(admitted)),
              .owner = token ? around_.keys.owner_of_key(*token) : std::string(),
              .device = told(request, "Device-Id", "device-id"),
              .client = told(request, "Client-Id", "client-id"),
              .enrolled_only = enrolled_only,
              .framing = protocol::framing_version(request.header("Protocol-Version"))}),
      ""};
}

}  // namespace parley::server
