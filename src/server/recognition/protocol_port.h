// SPDX-License-Identifier: Apache-2.0
//
// A port of its own for one WebSocket protocol, where its clients look for it. What is asked of it
// in another way than by a WebSocket is told where it is.
//
//   PARLEY_TRY(auto port, ProtocolPort::start(options, metrics, "Vosk", accept));
//
// Threads: construction, `stop` and destruction one owner; `accept` any I/O loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "transport/listener.h"

namespace parley::server {

class ProtocolPort final : private transport::ListenerHandler {
 public:
  using Accept = std::function<transport::UpgradeDecision(const transport::HttpRequest&)>;

  /// `protocol`: its name, for people. Errors: what the listener says. `metrics` outlives it.
  static Result<std::unique_ptr<ProtocolPort>> start(const transport::ListenerOptions& options,
                                                     Metrics& metrics, std::string protocol,
                                                     Accept accept);

  [[nodiscard]] const std::string& protocol() const noexcept { return protocol_; }
  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  /// What is still open is cut after `grace`. Idempotent.
  void stop(Millis grace) { listener_->stop(grace); }

 private:
  ProtocolPort(std::string protocol, Accept accept)
      : protocol_(std::move(protocol)), accept_(std::move(accept)) {}
  void on_http(transport::HttpRequest request, transport::HttpReply reply) override;
  transport::UpgradeDecision on_upgrade(const transport::HttpRequest& request) override {
    return accept_(request);
  }

  const std::string protocol_;
  const Accept accept_;
  std::unique_ptr<transport::Listener> listener_;  // last: its threads call the rest
};

}  // namespace parley::server
