// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace parley {

Instant SteadyClock::now() const noexcept {
  return {std::chrono::duration_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch())};
}

std::int64_t SteadyClock::unix_seconds() const noexcept {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
}

std::int64_t ManualClock::unix_seconds() const noexcept {
  return unix_start_ + nanos_.load() / 1'000'000'000;
}

void ManualClock::advance_to(Instant at) noexcept {
  std::int64_t current = nanos_.load();
  while (current < at.since_zero.count() &&
         !nanos_.compare_exchange_weak(current, at.since_zero.count())) {
  }
}

}  // namespace parley
