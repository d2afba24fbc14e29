// SPDX-License-Identifier: Apache-2.0
//
// The WebSocket between our worker and a LiveKit server's `/agent`: it connects, makes bytes of
// messages and messages of bytes, and tells the worker what time it is. What the worker decides is
// in service/dispatch/agent_worker.h.
//
// Threads: start, drain, wait_until_over and stop one owner; `report` and `trouble` any. The worker
// itself lives on the socket's I/O thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "server/rooms/livekit_address.h"
#include "service/dispatch/agent_worker.h"
#include "service/dispatch/job_runner.h"
#include "transport/client/websocket_client.h"

namespace parley::server {

class WorkerSocket final : private service::WorkerLink {
 public:
  /// All outlive it. `options.url` is the address's.
  WorkerSocket(LiveKitAddress address, service::AgentWorkerOptions options,
               service::JobRunner& runner, const Clock& clock, Metrics& metrics);
  ~WorkerSocket() override;

  /// Begins to connect, and goes on until drained or stopped.
  void start();
  /// A job of another worker. `refused` on the worker's thread, where it takes none.
  void adopt(service::JobAssignment assignment, std::function<void()> refused);
  /// No jobs any more; those that run finish.
  void drain();
  /// After `drain`: until all is said. False: jobs still run after `limit`. Blocks.
  [[nodiscard]] bool wait_until_over(Millis limit);
  /// The connection is cut. Idempotent.
  void stop();

  [[nodiscard]] service::WorkerReport report() const { return worker_.report(); }
  /// Why no jobs come; nothing while all is well.
  [[nodiscard]] std::optional<std::string> trouble() const;

 private:
  class Listener;

  void connect() override;
  void send(protocol::WorkerMessage message) override;
  void close() override;
  void wake() override;

  void hear(std::string_view bytes);
  void lose(const service::LinkLoss& loss);
  void tick();
  void look_whether_over();

  const LiveKitAddress address_;
  const Clock& clock_;
  service::AgentWorker worker_;
  std::shared_ptr<transport::WebSocketTalk> talk_;  // shared with its client; null: none
  bool is_leaving_ = false;                         // of the I/O thread
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;               // GUARDED_BY(mutex_)
  transport::WebSocketClient client_;  // last: its thread calls the others
};

}  // namespace parley::server
