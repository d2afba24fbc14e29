// SPDX-License-Identifier: Apache-2.0
#include "exec/parker.h"

#include <cerrno>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace parley::exec {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// Sleeps while `word` holds `expected`. False when `at` has passed.
bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, Instant at) noexcept {
  timespec limit{};
  const bool has_limit = at != Instant::never();
  if (has_limit) {
    constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
    const std::int64_t nanos = at.since_zero.count() > 0 ? at.since_zero.count() : 0;
    limit.tv_sec = static_cast<time_t>(nanos / kNanosPerSecond);
    limit.tv_nsec = static_cast<long>(nanos % kNanosPerSecond);
  }
  // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, which is what SteadyClock counts.
  const long rc = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                          has_limit ? &limit : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  return rc == 0 || errno != ETIMEDOUT;
}

}  // namespace

bool Parker::park_until(Instant at) noexcept {
  std::uint32_t state = kEmpty;
  if (!state_.compare_exchange_strong(state, kParked, std::memory_order_acquire)) {
    state_.exchange(kEmpty, std::memory_order_acquire);  // the token was there already
    return true;
  }
  while (futex_wait(state_, kParked, at)) {
    std::uint32_t token = kToken;
    if (state_.compare_exchange_strong(token, kEmpty, std::memory_order_acquire)) return true;
  }
  return state_.exchange(kEmpty, std::memory_order_acquire) == kToken;
}

void Parker::unpark() noexcept {
  if (state_.exchange(kToken, std::memory_order_release) == kParked) {
    syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

}  // namespace parley::exec
