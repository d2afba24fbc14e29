// SPDX-License-Identifier: Apache-2.0
//
// How one side of a shared-memory ring sleeps until the other has news: a word that changes with
// every news, and a flag by which a sleeper asks to be woken, so that nobody makes a system call
// for a peer that is awake.
//
// Why no wake is lost: the sleeper sets the flag before it looks at the word for the last time, the
// other side changes the word before it looks at the flag; both in one order that all processors
// agree on. Either the sleeper sees the change or the other side sees the flag.
//
// Threads: `wait*` one; `interrupt` any.
#pragma once

#include <atomic>
#include <climits>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "exec/futex.h"
#include "exec/wait_thread.h"

namespace parley::media {

/// Changes the word and wakes whoever asked for it.
inline void signal_peer(exec::FutexWord& word, exec::FutexWord& waits) noexcept {
  word.fetch_add(1);
  if (waits.load() == 0) return;
  waits.store(0);
  exec::futex_wake(word, INT_MAX, exec::FutexScope::machine);
}

class SharedRingSignal final : public exec::Waitable {
 public:
  SharedRingSignal(exec::FutexWord& word, exec::FutexWord& waits) noexcept
      : word_(word), waits_(waits), seen_(word.load()) {}

  void wait() noexcept override { wait_until(Instant::never()); }
  void interrupt() noexcept override {
    stopped_.store(true);
    word_.fetch_add(1);
    exec::futex_wake(word_, INT_MAX, exec::FutexScope::machine);
  }
  /// Until a change since the last call, or until `until` on the SteadyClock.
  void wait_until(Instant until) noexcept {
    while (!stopped_.load()) {
      waits_.store(1);
      const std::uint32_t now = word_.load();
      if (std::exchange(seen_, now) != now) return;
      if (!exec::futex_wait(word_, now, until, exec::FutexScope::machine)) return;
    }
  }

 private:
  exec::FutexWord& word_;
  exec::FutexWord& waits_;
  std::uint32_t seen_;
  std::atomic<bool> stopped_{false};
};

}  // namespace parley::media
