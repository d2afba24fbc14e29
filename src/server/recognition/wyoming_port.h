// SPDX-License-Identifier: Apache-2.0
//
// The Wyoming protocol's port. It has neither HTTP nor TLS nor keys: whoever reaches it is let in,
// where the server wants keys with one that the configuration names.
//
// Threads: construction, `stop` and destruction one owner; the rest I/O loops.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "protocol/recognition/wyoming.h"
#include "transport/listener.h"

namespace parley::server {

/// What clients are told of this server.
[[nodiscard]] protocol::WyomingInfo wyoming_info(const Config& config);

class WyomingPort final : private transport::ListenerHandler {
 public:
  /// Never null.
  using Accept = std::function<std::unique_ptr<transport::ConnectionSink>(const std::string&)>;

  /// Errors: what the listener says. `metrics` outlives it.
  static Result<std::unique_ptr<WyomingPort>> start(transport::ListenerOptions options,
                                                    Metrics& metrics, Accept accept);

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  /// What is still open is cut after `grace`. Idempotent.
  void stop(Millis grace) { listener_->stop(grace); }

 private:
  explicit WyomingPort(Accept accept) : accept_(std::move(accept)) {}
  std::unique_ptr<transport::ConnectionSink> on_bytes(const std::string& remote) override {
    return accept_(remote);
  }
  // Never called: there is no HTTP.
  void on_http(transport::HttpRequest request, transport::HttpReply reply) override;
  transport::UpgradeDecision on_upgrade(const transport::HttpRequest& request) override;

  const Accept accept_;
  std::unique_ptr<transport::Listener> listener_;  // last: its threads call the rest
};

}  // namespace parley::server
