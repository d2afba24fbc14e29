// SPDX-License-Identifier: Apache-2.0
//
// How a thread sleeps until it is needed: one token, as in Java's LockSupport and Rust's
// std::thread::park. `unpark` leaves the token, `park` takes it, sleeping until it is there;
// several unparks before a park are one. A futex, so that waking somebody costs one system call and
// waking somebody who is awake costs none.
//
// Threads: `park*` one thread, its owner; `unpark` any.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace parley::exec {

class Parker {
 public:
  /// Sleeps until there is a token, and takes it.
  void park() noexcept { park_until(Instant::never()); }
  /// The same, but gives up at `at` on the SteadyClock. True when it took a token.
  bool park_until(Instant at) noexcept;
  void unpark() noexcept;

 private:
  static constexpr std::uint32_t kEmpty = 0;
  static constexpr std::uint32_t kToken = 1;
  static constexpr std::uint32_t kParked = 2;
  std::atomic<std::uint32_t> state_{kEmpty};
};

}  // namespace parley::exec
