// SPDX-License-Identifier: Apache-2.0
#include "exec/parker.h"

#include "exec/futex.h"

namespace parley::exec {

bool Parker::park_until(Instant at) noexcept {
  std::uint32_t state = kEmpty;
  if (!state_.compare_exchange_strong(state, kParked, std::memory_order_acquire)) {
    state_.exchange(kEmpty, std::memory_order_acquire);  // the token was there already
    return true;
  }
  while (futex_wait(state_, kParked, at, FutexScope::process)) {
    std::uint32_t token = kToken;
    if (state_.compare_exchange_strong(token, kEmpty, std::memory_order_acquire)) return true;
  }
  return state_.exchange(kEmpty, std::memory_order_acquire) == kToken;
}

void Parker::unpark() noexcept {
  if (state_.exchange(kToken, std::memory_order_release) == kParked) {
    futex_wake(state_, 1, FutexScope::process);
  }
}

}  // namespace parley::exec
