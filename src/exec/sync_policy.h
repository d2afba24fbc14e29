// SPDX-License-Identifier: Apache-2.0
//
// What exec's lock-free and locking primitives are made of. A template parameter with this default,
// so that tests can run the very same code over atomics that try every interleaving
// (tests/support/interleavings.h); it costs nothing.
#pragma once

#include <atomic>
#include <mutex>

namespace parley::exec {

struct StdSync {
  template <typename T>
  using Atomic = std::atomic<T>;
  using Mutex = std::mutex;
};

}  // namespace parley::exec
