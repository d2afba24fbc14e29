// SPDX-License-Identifier: Apache-2.0
//
// An executor that runs on whatever thread asks it to: strands without a thread of their own, for
// hard real time, where the caller decides when and where everything runs.
//
//   while (!done) {
//     if (!executor.run_one()) executor.park();   // until something is posted
//   }
//
// Threads: `post` any; `run_one` and `park` one thread at a time.
#pragma once

#include "exec/parker.h"
#include "exec/run_queue.h"
#include "exec/runnable.h"

namespace parley::exec {

class CallerExecutor final : public Executor {
 public:
  void post(Runnable& runnable) noexcept override {
    queue_.push(runnable);
    parker_.unpark();
  }
  /// Runs the oldest; false when nothing waits.
  bool run_one() {
    Runnable* const next = queue_.pop();
    if (next != nullptr) next->run();
    return next != nullptr;
  }
  /// Ends a `park`, now or the next. Threads: any.
  void unpark() noexcept { parker_.unpark(); }
  /// Sleeps until something is posted; may return although nothing waits.
  void park() noexcept { parker_.park(); }
  /// The same, at most until `at` on the SteadyClock.
  void park_until(Instant at) noexcept { parker_.park_until(at); }

 private:
  RunQueue queue_;
  Parker parker_;
};

}  // namespace parley::exec
