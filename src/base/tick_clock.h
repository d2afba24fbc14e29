// SPDX-License-Identifier: Apache-2.0
//
// Time for measurements that must cost almost nothing: the processor's own counter where it is
// steady (x86-64 with an invariant TSC: about 8 ns a look), else the Clock. Ticks have no fixed
// length; the longer the clock has run, the better `nanos_per_tick` knows it.
//
// On any Clock but SteadyClock the ticks are that clock's nanoseconds, so that what is measured in
// virtual time is the same on each run.
//
// Threads: any.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace parley {

class TickClock {
 public:
  /// `clock` outlives it.
  explicit TickClock(const Clock& clock);

  [[nodiscard]] std::uint64_t now() const noexcept {
#if defined(__x86_64__)
    if (uses_counter_) return __builtin_ia32_rdtsc();
#endif
    return static_cast<std::uint64_t>(clock_.now().since_zero.count());
  }
  /// As measured from its construction until now; exactly 1 where a tick is a nanosecond.
  [[nodiscard]] double nanos_per_tick() const noexcept;
  /// `now()` at its construction.
  [[nodiscard]] std::uint64_t first() const { return first_; }

 private:
  const Clock& clock_;
  bool uses_counter_;
  std::uint64_t first_;
  Instant first_instant_;
};

}  // namespace parley
