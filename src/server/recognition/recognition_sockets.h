// SPDX-License-Identifier: Apache-2.0
//
// Who may open a socket that is listened to, and what it speaks: `/v1/asr/stream`, and what has
// ports of its own.
//
// Threads: any I/O loop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/api_keys.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "server/speech/socket_admission.h"
#include "service/recognition/recognition_service.h"
#include "transport/listener.h"

namespace parley::server {

class RecognitionSockets {
 public:
  /// All outlive every connection.
  struct Surroundings {
    service::RecognitionService& service;
    const ApiKeys& keys;
    const KeyAccounts& accounts;
    SessionGate& gate;
  };

  explicit RecognitionSockets(const Surroundings& around) : around_(around) {}

  [[nodiscard]] static bool serves(std::string_view path) noexcept;
  /// REQUIRES: serves(request.path).
  [[nodiscard]] transport::UpgradeDecision accept(const transport::HttpRequest& request);
  // On ports of their own, at any path.
  [[nodiscard]] transport::UpgradeDecision accept_funasr(const transport::HttpRequest& request);
  [[nodiscard]] transport::UpgradeDecision accept_sherpa_offline(
      const transport::HttpRequest& request);
  [[nodiscard]] transport::UpgradeDecision accept_sherpa_online(
      const transport::HttpRequest& request);
  [[nodiscard]] transport::UpgradeDecision accept_vosk(const transport::HttpRequest& request);

 private:
  /// Before the upgrade, so that a balancer asks another node; after it who is a page, which would
  /// hear of nothing else. Nothing: there is time for one more.
  std::optional<transport::UpgradeDecision> refuse_busy(const transport::HttpRequest& request,
                                                        const std::string& face,
                                                        std::string (*told)(const SocketRefusal&),
                                                        const std::string& subprotocol);
  /// `told`: a message in the protocol's words; null, where it has none.
  template <typename Socket>
  transport::UpgradeDecision accept_as(const transport::HttpRequest& request,
                                       const std::string& face,
                                       std::string (*told)(const SocketRefusal& refusal));
  const Surroundings around_;
};

}  // namespace parley::server
