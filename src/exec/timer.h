// SPDX-License-Identifier: Apache-2.0
//
// "Wake me at": deadlines for strands and hosts. A timer only wakes; whoever is woken reads its
// clock and decides, so a late or doubled wake does no harm and timers run no foreign code.
//
// `TimerService` is served by a thread around a hierarchical timing wheel (Varghese and Lauck, SOSP
// 1987; 1 ms ticks), or in virtual time by ManualTimers (exec/manual_executor.h).
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "exec/strand.h"

namespace parley::exec {

/// Threads: any.
class TimerService {
 public:
  using Id = std::uint64_t;  // 0 is never given out

  virtual ~TimerService() = default;
  /// Wakes `waker` once at or soon after `at` (at most 2 ms late on an idle machine).
  virtual Id schedule(Instant at, Waker waker) = 0;
  /// Forgets a timer; unknown and fired ids are fine.
  virtual void cancel(Id id) noexcept = 0;
};

}  // namespace parley::exec
