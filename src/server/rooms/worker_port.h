// SPDX-License-Identifier: Apache-2.0
//
// The port of `parley worker`, as workers of LiveKit's SDK have one: for whoever watches it.
//
//   GET /, /healthz   200 while it is registered with LiveKit, else 503
//   GET /worker       what it does: server/rooms/worker_report.h
//   GET /metrics      Prometheus text
//
// Threads: start and stop one owner; the rest is called by I/O loops.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "server/rooms/worker_socket.h"
#include "transport/listener.h"

namespace parley::server {

class WorkerPort final : private transport::ListenerHandler {
 public:
  /// Errors: already_exists (the port is taken), what the listener says. All outlive it.
  static Result<std::unique_ptr<WorkerPort>> start(const Config& config, Metrics& metrics);
  ~WorkerPort() override;

  /// Before, it is "starting".
  void serve(const WorkerSocket& worker) { worker_.store(&worker, std::memory_order_release); }
  void stop();
  [[nodiscard]] std::string url() const;

 private:
  WorkerPort(const Config& config, Metrics& metrics)
      : settings_(config.rooms), host_(config.server.host), metrics_(metrics) {}
  void on_http(transport::HttpRequest request, transport::HttpReply reply) override;
  transport::UpgradeDecision on_upgrade(const transport::HttpRequest& request) override;
  [[nodiscard]] transport::HttpResponse respond(const transport::HttpRequest& request) const;

  const Config::Rooms settings_;
  const std::string host_;
  Metrics& metrics_;
  std::atomic<const WorkerSocket*> worker_{nullptr};
  std::unique_ptr<transport::Listener> listener_;  // last: its loops call the others
};

}  // namespace parley::server
