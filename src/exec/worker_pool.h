// SPDX-License-Identifier: Apache-2.0
//
// The threads that run all strands: one worker per core, work stealing, asleep when there is
// nothing to do. What is stolen is a runnable strand, never a frame.
//
// A worker looks for work in this order: its own queue (steal_queue.h), the shared queue into which
// everybody else posts, the older half of another worker's queue. Every kSharedInterval runs the
// shared queue comes first, so that strands which keep a worker busy cannot hold up new ones.
//
// Sleeping and waking: at most one worker searches at a time on behalf of new work. A post wakes
// one sleeper only when nobody searches; a searcher that found something wakes the next one only
// when more is visible. Nobody spins (worker_pool.cpp says why no wake is lost).
//
// Threads: `post`, `stats` any; construction and destruction one owner, after all strands closed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "exec/run_queue.h"
#include "exec/runnable.h"

namespace parley::exec {

class WorkerPool final : public Executor {
 public:
  static constexpr std::size_t kWorkersMax = 48;  // sleepers are bits of one word, see idle_
  static constexpr unsigned kSharedInterval = 61;

  struct Options {
    std::size_t workers = 0;             // 0: one per core; at most kWorkersMax
    std::string name = "parley-worker";  // threads are called name-0, name-1, …
    Metrics* metrics = nullptr;          // the totals go there; outlives the pool
    std::vector<int> cores = {};         // where the threads may run; none: anywhere
  };
  /// Totals since the start, as metrics at most kSharedInterval runs behind. `stolen` counts
  /// runnables, `parked` the times a worker went to sleep.
  struct Stats {
    std::uint64_t executed = 0;
    std::uint64_t stolen = 0;
    std::uint64_t parked = 0;
  };

  WorkerPool();
  explicit WorkerPool(Options options);
  /// Waits for what is running; abandons what is queued.
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void post(Runnable& runnable) noexcept override;
  void repost(Runnable& runnable) noexcept override;

  [[nodiscard]] std::size_t workers() const noexcept { return workers_.size(); }
  [[nodiscard]] Stats stats() const noexcept;
  /// The same for each worker: how evenly the work is spread.
  [[nodiscard]] std::vector<Stats> stats_by_worker() const;
  /// Workers asleep right now.
  [[nodiscard]] std::size_t sleeping() const noexcept;

 private:
  struct Worker;
  struct Totals;

  void work(Worker& self) noexcept;
  Runnable* next_of_own(Worker& self) noexcept;
  Runnable* search(Worker& self) noexcept;
  Runnable* steal(Worker& self) noexcept;
  void begin_search() noexcept;
  void end_search() noexcept;
  void sleep(Worker& self) noexcept;
  void publish(Worker& self) noexcept;
  bool revoke_sleep(std::uint64_t bit) noexcept;
  void wake_one() noexcept;
  [[nodiscard]] bool has_work() const noexcept;
  [[nodiscard]] Worker* current_worker() const noexcept;

  RunQueue shared_;
  // Who is idle, in one word so that it changes in one step: bit i is set while worker i sleeps or
  // is about to; the bits from kWorkersMax upwards count the workers that search.
  alignas(64) std::atomic<std::uint64_t> idle_{0};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<Totals> totals_;  // null without metrics
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace parley::exec
