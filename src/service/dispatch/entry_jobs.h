// SPDX-License-Identifier: Apache-2.0
//
// Does the jobs of a worker by a program's entry point, each on a thread of its own; the agents
// that it sends into rooms are those of RoomAgents.
//
//   EntryJobs jobs(std::move(entry), std::move(agents), metrics);
//   PARLEY_TRY_STATUS(jobs.prewarm());
//
// Threads: see job_runner.h; construction and destruction one owner.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics.h"
#include "exec/thread_executor.h"
#include "service/dispatch/entry_point.h"
#include "service/dispatch/entry_state.h"
#include "service/dispatch/room_agents.h"

namespace parley::service {

class EntryJobs final : public JobRunner {
 public:
  /// `entry.entrypoint` must be there. `metrics` outlives it.
  EntryJobs(EntryPoint entry, std::unique_ptr<RoomAgents> agents, Metrics& metrics);
  /// All agents leave. Waits for entry points that have not returned, and says so.
  ~EntryJobs() override;
  EntryJobs(const EntryJobs&) = delete;
  EntryJobs& operator=(const EntryJobs&) = delete;

  /// The program's own, or nothing.
  [[nodiscard]] Status prewarm() const;

  void start(JobAssignment assignment, std::function<void(Status)> done) override;
  void terminate(const std::string& job_id) override;
  void drain() override;
  void leave(const std::string& job_id, const std::string& successor) override;
  [[nodiscard]] double load() const override;
  [[nodiscard]] bool wants(const protocol::Job& job) const override;

 private:
  struct Running {
    std::shared_ptr<EntryState> state;  // shared with the program's handles
    std::unique_ptr<exec::ThreadExecutor> thread;
  };

  const EntryPoint entry_;
  Counter& lost_;
  std::unique_ptr<RoomAgents> agents_;
  std::mutex mutex_;
  std::map<std::string, Running> running_;  // GUARDED_BY(mutex_); by the job's id
};

}  // namespace parley::service
