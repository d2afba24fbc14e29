// SPDX-License-Identifier: Apache-2.0
//
// A whole call in one thread and in virtual time: the executor runs in the caller's thread, in the
// order of posting; the timers fire when the ManualClock reaches them. The same input gives the
// same output on each run, an hour of talk in milliseconds.
//
//   ManualRuntime runtime;                       // clock, timers and executor that belong together
//   auto strand = Strand::make(runtime.executor, body);
//   runtime.timers.schedule(runtime.clock.now() + 20ms, strand->waker());
//   runtime.run_for(1s);                         // every timer in order, and all work between them
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "exec/run_queue.h"
#include "exec/runnable.h"
#include "exec/timer.h"

namespace parley::exec {

/// Threads: `post` any; `run_*` one thread at a time.
class ManualExecutor final : public Executor {
 public:
  /// More runs than this in one `run_until_idle` mean that something wakes itself for ever: a check
  /// fails instead of a test hanging.
  static constexpr std::size_t kRunsMax = 50'000'000;

  void post(Runnable& runnable) noexcept override { queue_.push(runnable); }
  /// Runs the oldest; false when nothing waits.
  bool run_one();
  /// Runs until nothing waits, what is posted meanwhile included. Returns how many ran.
  std::size_t run_until_idle();

 private:
  RunQueue queue_;
};

/// Fires in the order of time, then of scheduling. What is due already wakes at once.
/// Threads: any.
class ManualTimers final : public TimerService {
 public:
  explicit ManualTimers(const ManualClock& clock) : clock_(clock) {}

  Id schedule(Instant at, Waker waker) override;
  void cancel(Id id) noexcept override;
  /// When the next timer is due; `Instant::never()` without any.
  [[nodiscard]] Instant next() const;
  /// Wakes everything due at the clock's time. Returns how many.
  std::size_t fire_due();
  [[nodiscard]] std::size_t size() const;

 private:
  const ManualClock& clock_;
  mutable std::mutex mutex_;
  Id last_id_ = 0;                                   // GUARDED_BY(mutex_)
  std::map<std::pair<Instant, Id>, Waker> waiting_;  // GUARDED_BY(mutex_)
  std::map<Id, Instant> due_;                        // GUARDED_BY(mutex_); to find one by its id
};

/// The three together. Threads: one.
struct ManualRuntime {
  ManualClock clock;
  ManualTimers timers{clock};
  ManualExecutor executor;

  /// Runs all there is to do now; time stands still.
  void run_until_idle();
  /// Lets `duration` pass, from timer to timer.
  void run_for(Nanos duration);
};

}  // namespace parley::exec
