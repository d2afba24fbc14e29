// SPDX-License-Identifier: Apache-2.0
//
// How long a slice of a strand may take. Work that comes in pieces of unlike size has a limit of
// pieces and this one; when either is reached, the slice ends and says that there is more to do.
// Looking costs a reading of the clock (25 ns): look once per event or per some dozens of steps.
//
//   const SliceBudget budget(clock);
//   while (work.take_one()) {
//     if (budget.spent()) return true;   // the others' turn
//   }
//
// Threads: one owner.
#pragma once

#include "base/clock.h"

namespace parley::exec {

/// A slice on a busy server delays every other session of its worker by this much.
inline constexpr Nanos kSliceTime = Millis(2);

class SliceBudget {
 public:
  /// From now on.
  explicit SliceBudget(const Clock& clock, Nanos time = kSliceTime)
      : clock_(clock), end_(clock.now() + time) {}
  [[nodiscard]] bool spent() const noexcept { return clock_.now() >= end_; }

 private:
  const Clock& clock_;
  const Instant end_;
};

}  // namespace parley::exec
