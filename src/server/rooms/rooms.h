// SPDX-License-Identifier: Apache-2.0
//
// All that a process has to do with rooms, as `rooms.*` says: the worker with its jobs, and the
// routes. `parley serve` has it beside its other faces, `parley worker` alone.
//
// Threads: one owner; `routes` and `trouble` any.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "server/engine.h"
#include "server/rooms/leased_jobs.h"
#include "server/rooms/livekit_address.h"
#include "server/rooms/room_jobs.h"
#include "server/rooms/room_routes.h"
#include "server/rooms/worker_socket.h"
#include "service/dispatch/entry_point.h"
#include "service/dispatch/job_runner.h"
#include "service/realtime/conversation_log.h"

namespace parley::server {

class Rooms {
 public:
  /// Null where `rooms.url` is empty. `with_worker`: it takes jobs, and keeps their conversations
  /// as `keeping` says; a program's `entry` point does them, where there is one. All outlive it.
  /// Errors: those of livekit_address, of make_room_jobs, of the entry point's prewarm, and of the
  /// Redis server that its leases are in.
  static Result<std::unique_ptr<Rooms>> make(const Config& config, Engine& engine, Metrics& metrics,
                                             bool with_worker, service::Keeping keeping = {},
                                             service::EntryPoint entry = {});
  ~Rooms();

  /// The worker registers, where there is one.
  void start();
  /// No jobs any more; those that run finish.
  void drain();
  /// After `drain`: until they have, at most `server.drain_seconds` from then on. Blocks.
  void finish();

  [[nodiscard]] RoomRoutes& routes() { return *routes_; }
  /// Null: this process takes no jobs.
  [[nodiscard]] const WorkerSocket* worker() const { return worker_.get(); }
  /// Why no jobs come.
  [[nodiscard]] std::optional<std::string> trouble() const;

 private:
  explicit Rooms(Millis drain_max) : drain_max_(drain_max) {}

  Status make_jobs(const RoomJobsAround& around, const LiveKitAddress& address,
                   service::EntryPoint entry);

  const Millis drain_max_;
  std::unique_ptr<service::JobRunner> jobs_;  // null: this process takes none
  std::unique_ptr<LeasedJobs> leased_;        // around them; null: they stay where they are
  std::unique_ptr<WorkerSocket> worker_;
  std::unique_ptr<RoomRoutes> routes_;
};

}  // namespace parley::server
