// SPDX-License-Identifier: Apache-2.0
//
// One worker's own run queue: the worker pushes at the tail, everybody (the worker and thieves)
// takes at the head. First in, first out on purpose, unlike a Chase-Lev deque: a strand that has
// more to do goes behind the others, so a busy session cannot starve a quiet one, and the oldest
// waits least. The same shape as the run queues of the Go and Tokio schedulers.
//
// Bounded at kCapacity; a full queue refuses, and the pool puts the runnable into its shared queue.
//
// Why it is right: an index only grows, slot `i % kCapacity` is written before `tail_` passes `i`
// (release) and written again only after `head_` was seen past `i` (acquire). A taker reads the
// slots first and owns them only when its exchange on `head_` succeeds; if a slot was reused
// meanwhile, `head_` has moved and the exchange fails. 64-bit indices do not wrap.
//
// Threads: `push` the owner; the rest any.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "exec/runnable.h"

namespace parley::exec {

class StealQueue {
 public:
  static constexpr std::size_t kCapacity = 256;
  /// The most that one `steal` takes.
  static constexpr std::size_t kStealMax = kCapacity / 2;

  /// False when full.
  bool push(Runnable& runnable) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= kCapacity) return false;
    slots_[tail % kCapacity].store(&runnable, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// The oldest, or nullptr.
  [[nodiscard]] Runnable* pop() noexcept {
    Runnable* one = nullptr;
    return take({&one, 1}, false) == 0 ? nullptr : one;
  }

  /// Takes the older half (at least one, if any) into `out`, oldest first; returns how many.
  [[nodiscard]] std::size_t steal(std::span<Runnable*, kStealMax> out) noexcept {
    return take(out, true);
  }

  [[nodiscard]] bool empty() const noexcept {
    return head_.load(std::memory_order_acquire) >= tail_.load(std::memory_order_acquire);
  }

 private:
  std::size_t take(std::span<Runnable*> out, bool half) noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    while (true) {
      const std::uint64_t tail = tail_.load(std::memory_order_acquire);
      if (head >= tail) return 0;
      const std::uint64_t ready = tail - head;
      const auto count = static_cast<std::size_t>(
          std::min<std::uint64_t>(out.size(), half ? ready - ready / 2 : 1));
      for (std::size_t i = 0; i < count; ++i) {
        out[i] = slots_[(head + i) % kCapacity].load(std::memory_order_relaxed);
      }
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return count;
      }
    }
  }

  // Apart, so that thieves at the head do not slow the owner at the tail.
  alignas(64) std::atomic<std::uint64_t> head_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  std::array<std::atomic<Runnable*>, kCapacity> slots_{};
};

}  // namespace parley::exec
