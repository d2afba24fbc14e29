// SPDX-License-Identifier: Apache-2.0
//
// The life of a strand as bits of one word: who runs it, and that no wake is lost.
//
//   idle 0 → queued {scheduled, woken} → running {scheduled, running} → idle
//   a wake while running adds `woken`, and the strand goes back to queued instead of idle;
//   `closed` can join any of these and is never taken away.
//
// tests/exec/interleavings_test.cpp runs it through every interleaving of wakers, workers and a
// closer. Threads: `wake`, `close` any; `begin_slice`, `end_slice` whoever runs the strand.
#pragma once

#include <cstdint>

#include "exec/sync_policy.h"

namespace parley::exec {

template <typename Sync = StdSync>
class StrandState {
 public:
  /// True: the caller gives the strand to an executor.
  [[nodiscard]] bool wake() noexcept {
    // Always a read-modify-write, even when the bits are set already: it orders what the caller
    // wrote before the wake with the exchange that begins the next slice. A plain load could miss
    // it.
    const std::uint32_t before = state_.fetch_or(kWoken | kScheduled, std::memory_order_acq_rel);
    return (before & (kScheduled | kClosed)) == 0;
  }

  /// queued → running. False when the strand was closed meanwhile: the body may be gone.
  [[nodiscard]] bool begin_slice() noexcept {
    std::uint32_t state = state_.load(std::memory_order_relaxed);
    do {
      if ((state & kClosed) != 0) return false;
    } while (!state_.compare_exchange_weak(state, (state & ~kWoken) | kRunning,
                                           std::memory_order_acq_rel, std::memory_order_relaxed));
    return true;
  }

  /// running → queued (true: the caller reposts) or idle.
  [[nodiscard]] bool end_slice(bool has_more) noexcept {
    std::uint32_t state = state_.load(std::memory_order_relaxed);
    std::uint32_t next = 0;
    bool runs_again = false;
    do {
      runs_again = (state & kClosed) == 0 && (has_more || (state & kWoken) != 0);
      next = state & ~kRunning;
      if (!runs_again) next &= ~kScheduled;
    } while (!state_.compare_exchange_weak(state, next, std::memory_order_acq_rel,
                                           std::memory_order_relaxed));
    if ((state & kClosed) != 0) state_.notify_all();  // a closer may wait for this slice
    return runs_again;
  }

  /// No slice begins any more. Unless called from inside one, waits for the slice that runs.
  void close(bool is_inside) noexcept {
    std::uint32_t state = state_.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
    if (is_inside) return;
    while ((state & kRunning) != 0) {
      state_.wait(state, std::memory_order_acquire);
      state = state_.load(std::memory_order_acquire);
    }
  }

 private:
  static constexpr std::uint32_t kWoken = 1;      // somebody wants a slice that has not begun
  static constexpr std::uint32_t kScheduled = 2;  // an executor has it, queued or running
  static constexpr std::uint32_t kRunning = 4;    // the body is in use
  static constexpr std::uint32_t kClosed = 8;

  typename Sync::template Atomic<std::uint32_t> state_{0};
};

}  // namespace parley::exec
