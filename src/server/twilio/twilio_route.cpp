// SPDX-License-Identifier: Apache-2.0
#include "server/twilio/twilio_route.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "base/base64.h"
#include "base/sha1.h"
#include "protocol/twilio/voice_request.h"
#include "server/http_error.h"
#include "server/recognition/readiness.h"
#include "server/speech/socket_admission.h"
#include "server/twilio/overheard_socket.h"
#include "server/twilio/twilio_socket.h"

namespace parley::server {

using transport::HttpRequest;
using transport::HttpResponse;

namespace {

constexpr std::string_view kVoice = "/twilio/voice";
constexpr std::string_view kMedia = "/twilio/media";
constexpr std::string_view kListen = "/twilio/listen";
constexpr std::size_t kHostBytesMax = 255;
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

/// A name or address and perhaps a port: what is put into a URL.
bool is_host(std::string_view host) noexcept {
  constexpr std::string_view kMarks = ".:-_[]";
  return !host.empty() && host.size() <= kHostBytesMax && std::ranges::all_of(host, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

/// "https://a" → "wss://a/twilio/media".
std::string socket_url(std::string_view base, std::string_view path) {
  base.remove_prefix(std::min<std::size_t>(base.size(), std::string_view("http").size()));
  return "ws" + std::string(base) + std::string(path);
}

HttpResponse not_signed() {
  return http_error(403, "invalid_request_error", "invalid_signature",
                    "X-Twilio-Signature does not fit this address and twilio.auth_token. Behind a "
                    "proxy, twilio.public_url says which address Twilio was given; it has no "
                    "query.");
}

}  // namespace

bool TwilioRoute::serves(std::string_view path) noexcept {
  return path == kVoice || is_socket(path);
}

bool TwilioRoute::is_socket(std::string_view path) noexcept {
  return path == kMedia || path == kListen;
}

std::string TwilioRoute::base_url(const HttpRequest& request) const {
  if (!around_.settings.public_url.empty()) return around_.settings.public_url;
  const std::string_view host = request.header("Host").value_or("");
  if (!is_host(host)) return {};
  const bool is_secure = around_.has_tls || request.header("X-Forwarded-Proto") == "https";
  return (is_secure ? "https://" : "http://") + std::string(host);
}

bool TwilioRoute::is_signed(const HttpRequest& request, std::string_view url) const {
  if (around_.settings.auth_token.empty()) return around_.keys.is_open();
  if (!request.query.empty()) return false;
  protocol::FormFields fields;
  const std::string_view type = request.header("Content-Type").value_or("");
  if (request.method == "POST" && type.starts_with(kForm)) {
    fields = protocol::parse_form_fields(request.body);
  }
  std::string expected;
  base64_append(expected, hmac_sha1(around_.settings.auth_token,
                                    protocol::twilio_signed_text(url, std::move(fields))));
  return equal_in_secret(request.header("X-Twilio-Signature").value_or(""), expected);
}

HttpResponse TwilioRoute::respond(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "POST" && request.method != "HEAD") {
    return wrong_method("GET, POST");
  }
  const std::string base = base_url(request);
  if (base.empty()) {
    return http_error(400, "invalid_request_error", "invalid_host",
                      "The header Host must name this server: Twilio connects to it.");
  }
  if (!is_signed(request, base + std::string(kVoice))) return not_signed();
  return {.status = 200,
          .content_type = "text/xml",
          .body = protocol::connect_stream_xml(socket_url(base, kMedia), {}),
          .headers = {{"Cache-Control", "no-store"}}};
}

/// Refused before the upgrade, so that Twilio's log has the status.
transport::UpgradeDecision TwilioRoute::accept(const HttpRequest& request) const {
  if (!is_signed(request, socket_url(base_url(request), request.path))) return not_signed();
  const std::optional<std::size_t> key = around_.keys.is_open()
                                             ? std::optional<std::size_t>()
                                             : around_.keys.find_key(around_.settings.key);
  auto admitted = admit_socket(around_.keys, around_.accounts, key, request.remote);
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
    HttpResponse response = http_error(
        refused->status, "requests", refused->code,
        refused->status == 401 ? "Calls draw on a key: set twilio.key to one." : refused->message);
    if (refused->retry_seconds > 0) {
      response.headers.emplace_back("Retry-After", std::to_string(refused->retry_seconds));
    }
    return response;
  }
  auto& admission = std::get<SocketAdmission>(admitted);
  if (request.path == kListen) return listen(request, std::move(admission));
  return transport::UpgradeAccepted{
      std::make_unique<TwilioSocket>(around_.service, around_.gate, std::move(admission),
                                     around_.keys.owner_of_key(around_.settings.key)),
      ""};
}

transport::UpgradeDecision TwilioRoute::listen(const HttpRequest& request,
                                               SocketAdmission admission) const {
  if (around_.overheard == nullptr) {
    return http_error(404, "invalid_request_error", "observers_off",
                      "Nobody would get the words of this call: set observers.file or "
                      "observers.webhook.");
  }
  if (const auto busy = around_.overheard->recognition().refusal("twilio")) {
    return overloaded(*busy);
  }
  service::OverheardRequest call{.id = request.id,
                                 .key = admission.account->name(),
                                 .owner = around_.keys.owner_of_key(around_.settings.key),
                                 .client = admission.owner,
                                 .allowance = std::move(admission.allowance),
                                 .guard = std::make_shared<SessionGate::Pass>(around_.gate)};
  return transport::UpgradeAccepted{
      std::make_unique<OverheardSocket>(*around_.overheard, std::move(call)), ""};
}

}  // namespace parley::server
