// SPDX-License-Identifier: Apache-2.0
//
// The TimerService of a server: one thread around a TimingWheel of 1 ms ticks. It sleeps until the
// next expiry, not every tick, and does nothing but wake strands.
//
// A deadline is rounded up to a tick, so a timer is never early and up to 1 ms late plus what the
// machine needs to wake a thread.
//
// Threads: any; construction and destruction one owner.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "exec/parker.h"
#include "exec/timer.h"
#include "exec/timing_wheel.h"

namespace parley::exec {

class TimerThread final : public TimerService {
 public:
  static constexpr Nanos kTick = Millis(1);

  /// The clock must be a SteadyClock, because the thread sleeps by it.
  explicit TimerThread(const SteadyClock& clock);
  /// Timers that still wait are forgotten.
  ~TimerThread() override;
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;

  Id schedule(Instant at, Waker waker) override;
  void cancel(Id id) noexcept override;
  /// Timers that wait.
  [[nodiscard]] std::size_t size() const;

 private:
  void work();
  [[nodiscard]] TimingWheel::Tick tick_at_or_after(Instant at) const noexcept;
  [[nodiscard]] Instant instant_of(TimingWheel::Tick tick) const noexcept;

  const SteadyClock& clock_;
  const Instant zero_;
  Parker parker_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;                   // held for O(1) work; never across a wake
  TimingWheel wheel_;                          // GUARDED_BY(mutex_)
  TimingWheel::Tick sleeping_until_ = 0;       // GUARDED_BY(mutex_)
  std::vector<TimingWheel::Expired> expired_;  // the thread's own
  std::thread thread_;                         // last: it uses the others
};

}  // namespace parley::exec
