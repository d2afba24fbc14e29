// SPDX-License-Identifier: Apache-2.0
//
// Finds the operator that stalls. An operator that blocks or loops keeps its worker, and nobody on
// that worker can say so; the watchdog looks from outside and names it, in the log, in the metrics
// and to a handler, while it still stalls. It stops nothing: there is no safe way to.
//
// Each watched pipeline shows which call it is in with one relaxed store per call (about 1 ns); no
// clock is read there. The watchdog remembers what it saw: the same call at two looks that are
// `stall` apart is a stall. So it is found between `stall` and 1.25 times `stall` after it began.
// When the watchdog itself looks late, the machine was held up and so perhaps the operator: that
// time does not count.
//
//   exec::ThreadExecutor thread("parley-watchdog");   // not a worker: all of them may stall
//   Watchdog watchdog({.stall = Millis(500)}, clock, timers, thread, metrics);
//   Pipeline::open(plan, {…, .watchdog = &watchdog, .name = "session 17"});
//
// Threads: stated at each function.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "exec/strand.h"
#include "exec/timer.h"

namespace parley::graph {

struct Stall {
  std::string pipeline;
  std::string node;
  Nanos so_far{0};  // at least
  /// deadline_exceeded, in words.
  [[nodiscard]] Error error() const;
};
/// Whether that is what an error says: its call took long and came back, and nothing was lost.
[[nodiscard]] bool is_stall(const Error& error);

/// Called on the watchdog's thread; must not close a pipeline.
using StallHandler = std::function<void(const Stall& stall)>;

/// What one pipeline shows of itself.
class Activity {
 public:
  Activity(std::string pipeline, std::vector<std::string> nodes, StallHandler handler)
      : pipeline_(std::move(pipeline)), nodes_(std::move(nodes)), handler_(std::move(handler)) {}

  /// A call of this node begins. Threads: strand.
  void enter(std::size_t node) noexcept {
    word_.store(++calls_ << kNodeBits | (node + 1), std::memory_order_relaxed);
  }
  /// No call. Threads: strand.
  void rest() noexcept { word_.store(0, std::memory_order_relaxed); }
  /// The stall that was found since the last time, if any. Threads: strand.
  [[nodiscard]] bool has_stalled() const noexcept {
    return stalled_node_.load(std::memory_order_relaxed) != 0;
  }
  struct Found {
    std::size_t node = 0;
    Nanos so_far{0};
  };
  Found take_stall() noexcept {
    return {.node = stalled_node_.exchange(0, std::memory_order_acquire) - 1,
            .so_far = Nanos(stalled_nanos_.load(std::memory_order_relaxed))};
  }

 private:
  friend class Watchdog;
  static constexpr unsigned kNodeBits = 10;  // of the word; the rest counts calls

  const std::string pipeline_;
  const std::vector<std::string> nodes_;
  const StallHandler handler_;
  std::uint64_t calls_ = 0;
  std::atomic<std::uint64_t> word_{0};
  std::atomic<std::size_t> stalled_node_{0};  // + 1; 0: none
  std::atomic<std::int64_t> stalled_nanos_{0};
};

struct WatchdogOptions {
  Nanos stall = Millis(500);  // a call that takes longer stalls; at least 1 ms
  StallHandler handler = {};  // hears of all pipelines
};

class Watchdog final : private exec::StrandBody {
 public:
  /// Looks every quarter of `stall`, on `executor`. All references outlive it.
  Watchdog(WatchdogOptions options, const Clock& clock, exec::TimerService& timers,
           exec::Executor& executor, Metrics& metrics);
  ~Watchdog() override;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From now until `forget`. Threads: any.
  std::shared_ptr<Activity> watch(std::string_view pipeline, std::vector<std::string> nodes,
                                  StallHandler handler = {});
  /// Its handler is not called after this. Threads: any but a handler.
  void forget(const std::shared_ptr<Activity>& activity) noexcept;

  /// One look, now; returns how many stall. The watchdog's strand does this by itself. Threads:
  /// any.
  std::size_t look();
  /// Those that stall, as of the last look. Threads: any.
  [[nodiscard]] std::vector<Stall> stalled() const;

 private:
  struct Watched {
    std::shared_ptr<Activity> activity;
    std::uint64_t word = 0;  // seen at `since` and at every look after it
    Instant since;
    bool is_reported = false;
  };
  bool run_slice() noexcept override;
  void forgive(Nanos late);
  void report(Watched& watched, Instant now);
  [[nodiscard]] static Stall stall_of(const Watched& watched, Instant now);

  const WatchdogOptions options_;
  const Clock& clock_;
  exec::TimerService& timers_;
  Metrics& metrics_;
  Gauge& stalled_now_;
  mutable std::mutex mutex_;        // held while handlers run, so that `forget` waits for them
  std::vector<Watched> watched_;    // GUARDED_BY(mutex_)
  Instant due_ = Instant::never();  // the next look; the strand's
  std::shared_ptr<exec::Strand> strand_;
  std::atomic<exec::TimerService::Id> timer_{0};
};

}  // namespace parley::graph
