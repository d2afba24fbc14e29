// SPDX-License-Identifier: Apache-2.0
//
// ESP32 devices with xiaozhi's firmware, on the main port:
//
//   GET, POST /xiaozhi/ota/   where to talk, and with which token   (key, where keys are on)
//   GET /xiaozhi/v1/          the socket: xiaozhi_socket.h          (key, where keys are on)
//
// A device is given the first address, and nothing else. It shows no key of its own there, so where
// keys are on the address says one: `…/xiaozhi/ota/?key=KEY`. That key is the token of the answer,
// and the device shows it when it connects: no second kind of credential, nothing to keep over a
// restart, and a key that ends takes its devices with it. Likewise `gate`: who is answered at that
// device, in place of `speakers.gate`.
//
// Threads: any I/O loop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "server/api_keys.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "service/xiaozhi/xiaozhi_service.h"
#include "transport/http/http_message.h"
#include "transport/listener.h"

namespace parley::server {

class XiaozhiRoute {
 public:
  /// All outlive every connection.
  struct Surroundings {
    service::XiaozhiService& service;
    const Clock& clock;
    const ApiKeys& keys;
    const KeyAccounts& accounts;
    SessionGate& gate;
    bool has_tls = false;
  };

  explicit XiaozhiRoute(const Surroundings& around) : around_(around) {}

  [[nodiscard]] static bool serves(std::string_view path) noexcept;
  /// The socket's, among those.
  [[nodiscard]] static bool is_socket(std::string_view path) noexcept;
  /// REQUIRES: serves(request.path).
  [[nodiscard]] transport::HttpResponse respond(const transport::HttpRequest& request) const;
  /// REQUIRES: is_socket(request.path).
  [[nodiscard]] transport::UpgradeDecision accept(const transport::HttpRequest& request) const;

 private:
  /// What the request shows; nothing when it shows nothing that admits it.
  [[nodiscard]] std::optional<std::string> token_of(const transport::HttpRequest& request) const;

  const Surroundings around_;
};

}  // namespace parley::server
