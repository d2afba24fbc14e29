// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/recognition_sockets.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/recognition/funasr.h"
#include "server/recognition/funasr_socket.h"
#include "server/recognition/raw_socket.h"
#include "server/recognition/readiness.h"
#include "server/recognition/sherpa_offline_socket.h"
#include "server/recognition/sherpa_online_socket.h"
#include "server/recognition/vosk_socket.h"
#include "server/refusing_sink.h"
#include "server/speech/socket_admission.h"

namespace parley::server {

using transport::HttpRequest;

namespace {

constexpr std::string_view kRaw = "/v1/asr/stream";
constexpr std::string_view kBinary = "binary";  // of FunASR's clients

std::string raw_error(const SocketRefusal& refusal) {
  return protocol::listen_error_json(refusal.status, refusal.message, {}, refusal.retry_seconds);
}

std::string funasr_refusal(const SocketRefusal& refusal) {
  return protocol::funasr_error("", refusal.message);
}

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
  if (auto busy = refuse_busy(request, "raw", raw_error, "")) return std::move(*busy);
  return transport::UpgradeAccepted{
      std::make_unique<RawSocket>(
          around_.service, around_.gate,
          RawSocket::Setup{.order = std::get<protocol::ListenOrder>(std::move(order)),
                           .admission = std::get<SocketAdmission>(std::move(admitted)),
                           .id = request.id,
                           .owner = around_.keys.owner_of(request)}),
      ""};
}

std::optional<transport::UpgradeDecision> RecognitionSockets::refuse_busy(
    const HttpRequest& request, const std::string& face, std::string (*told)(const SocketRefusal&),
    const std::string& subprotocol) {
  const auto busy = around_.service.refusal(face);
  if (!busy) return std::nullopt;
  if (!request.header("Origin")) return overloaded(*busy);
  const SocketRefusal refusal{.status = 503,
                              .close_code = transport::close_code::kTryAgainLater,
                              .code = "overloaded",
                              .message = busy->message,
                              .retry_seconds = busy->retry_seconds};
  return transport::UpgradeAccepted{
      std::make_unique<RefusingSink>(told == nullptr ? "" : told(refusal), refusal.close_code,
                                     refusal.message),
      subprotocol};
}

template <typename Socket>
transport::UpgradeDecision RecognitionSockets::accept_as(
    const HttpRequest& request, const std::string& face,
    std::string (*told)(const SocketRefusal&)) {
  // Some clients offer one of their servers' words.
  const std::vector<std::string_view> offered = offered_subprotocols(request);
  const bool is_named = std::ranges::find(offered, kBinary) != offered.end();
  const std::string subprotocol(is_named ? kBinary : std::string_view());
  auto admitted =
      admit_socket(around_.keys, around_.accounts, around_.keys.find(request), request.remote);
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
    return transport::UpgradeAccepted{
        std::make_unique<RefusingSink>(told == nullptr ? "" : told(*refused), refused->close_code,
                                       refused->code),
        subprotocol};
  }
  if (auto busy = refuse_busy(request, face, told, subprotocol)) return std::move(*busy);
  auto& admission = std::get<SocketAdmission>(admitted);
  admission.sees = around_.keys.owner_of(request);
  return transport::UpgradeAccepted{
      std::make_unique<Socket>(around_.service, around_.gate, std::move(admission), request.id),
      subprotocol};
}

transport::UpgradeDecision RecognitionSockets::accept_funasr(const HttpRequest& request) {
  return accept_as<FunasrSocket>(request, "funasr", funasr_refusal);
}

transport::UpgradeDecision RecognitionSockets::accept_sherpa_offline(const HttpRequest& request) {
  return accept_as<SherpaOfflineSocket>(request, "sherpa_offline", nullptr);
}

transport::UpgradeDecision RecognitionSockets::accept_sherpa_online(const HttpRequest& request) {
  return accept_as<SherpaOnlineSocket>(request, "sherpa_online", nullptr);
}

transport::UpgradeDecision RecognitionSockets::accept_vosk(const HttpRequest& request) {
  return accept_as<VoskSocket>(request, "vosk", nullptr);
}

}  // namespace parley::server
