// SPDX-License-Identifier: Apache-2.0
//
// How much time a model has left: what is measured where it runs, and asked for by whoever decides
// whether one more may come in.
//
// Threads: HostLoad value type; BusyShare any.
#pragma once

#include <cstddef>
#include <mutex>

#include "base/clock.h"

namespace parley::model {

struct HostLoad {
  Nanos wait{};       // of a call that somebody waits for, if it came now
  double busy = 0.0;  // of the workers' time, lately: the share of such calls, 0 to 1
};

/// What it remembers of a moment fades to a third in this time: long enough that one long call is
/// no crowd, short enough that a crowd is seen before its queue is long.
inline constexpr Nanos kBusyMemory = std::chrono::seconds(5);

/// The share of time that was worked, the last seconds counting most (an exponentially weighted
/// average over time, as the load averages of Unix are).
class BusyShare {
 public:
  /// `workers` >= 1.
  explicit BusyShare(std::size_t workers) : workers_(workers) {}
  /// A run that took `ran` has ended.
  void add(Nanos ran, Instant now) noexcept;
  [[nodiscard]] double at(Instant now) const noexcept;

 private:
  /// With the mutex held.
  [[nodiscard]] double faded(Instant now) const noexcept;

  const std::size_t workers_;
  mutable std::mutex mutex_;  // held for some arithmetic
  Instant at_;                // GUARDED_BY(mutex_)
  double share_ = 0.0;        // GUARDED_BY(mutex_): at `at_`
};

}  // namespace parley::model
