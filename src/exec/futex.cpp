// SPDX-License-Identifier: Apache-2.0
#include "exec/futex.h"

#include <cerrno>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace parley::exec {

bool futex_wait(const FutexWord& word, std::uint32_t expected, Instant at,
                FutexScope scope) noexcept {
  timespec limit{};
  const bool has_limit = at != Instant::never();
  if (has_limit) {
    constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
    const std::int64_t nanos = at.since_zero.count() > 0 ? at.since_zero.count() : 0;
    limit.tv_sec = static_cast<time_t>(nanos / kNanosPerSecond);
    limit.tv_nsec = static_cast<long>(nanos % kNanosPerSecond);
  }
  // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, which is what SteadyClock counts.
  const int operation =
      scope == FutexScope::process ? FUTEX_WAIT_BITSET_PRIVATE : FUTEX_WAIT_BITSET;
  const long rc = syscall(SYS_futex, &word, operation, expected, has_limit ? &limit : nullptr,
                          nullptr, FUTEX_BITSET_MATCH_ANY);
  return rc == 0 || errno != ETIMEDOUT;
}

void futex_wake(const FutexWord& word, int count, FutexScope scope) noexcept {
  const int operation = scope == FutexScope::process ? FUTEX_WAKE_PRIVATE : FUTEX_WAKE;
  syscall(SYS_futex, &word, operation, count, nullptr, nullptr, 0);
}

}  // namespace parley::exec
