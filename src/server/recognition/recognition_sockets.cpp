// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/recognition_sockets.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "server/recognition/raw_socket.h"
#include "server/recognition/vosk_socket.h"
#include "server/refusing_sink.h"
#include "server/speech/socket_admission.h"

namespace parley::server {

using transport::HttpRequest;

namespace {

constexpr std::string_view kRaw = "/v1/asr/stream";

std::unique_ptr<transport::ConnectionSink> refuse(const SocketRefusal& refusal,
                                                  std::string_view field = {}) {
  return std::make_unique<RefusingSink>(
      protocol::listen_error_json(refusal.status, refusal.message, field, refusal.retry_seconds),
      refusal.close_code, refusal.code);
}

}  // namespace

bool RecognitionSockets::serves(std::string_view path) noexcept { return path == kRaw; }

transport::UpgradeDecision RecognitionSockets::accept(const HttpRequest& request) {
  auto order =
      protocol::parse_listen([&](std::string_view name) { return request.query_value(name); });
  if (const auto* error = std::get_if<protocol::ProtocolError>(&order)) {
    return transport::UpgradeAccepted{
        refuse({.status = 400, .code = error->code, .message = error->message},
               error->param.value_or("")),
        ""};
  }
  auto admitted =
      admit_socket(around_.keys, around_.accounts, around_.keys.find(request), request.remote);
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
    return transport::UpgradeAccepted{refuse(*refused), ""};
  }
  return transport::UpgradeAccepted{
      std::make_unique<RawSocket>(
          around_.service, around_.gate,
          RawSocket::Setup{.order = std::get<protocol::ListenOrder>(std::move(order)),
                           .admission = std::get<SocketAdmission>(std::move(admitted)),
                           .id = request.id,
                           .owner = around_.keys.owner_of(request)}),
      ""};
}

transport::UpgradeDecision RecognitionSockets::accept_vosk(const HttpRequest& request) {
  auto admitted =
      admit_socket(around_.keys, around_.accounts, around_.keys.find(request), request.remote);
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
    // Its protocol has no word for it.
    return transport::UpgradeAccepted{
        std::make_unique<RefusingSink>("", refused->close_code, refused->code), ""};
  }
  return transport::UpgradeAccepted{
      std::make_unique<VoskSocket>(around_.service, around_.gate,
                                   std::get<SocketAdmission>(std::move(admitted)), request.id),
      ""};
}

}  // namespace parley::server
