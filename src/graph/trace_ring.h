// SPDX-License-Identifier: Apache-2.0
//
// The last calls of operators, with their times: what a Chrome trace is made of. Bounded; when it
// is full, the oldest go, and are counted.
//
// Threads: `add` one at a time, `read` any; what may have been overwritten meanwhile is left out.
// Allocates: when it is made, and in `read`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace parley::graph {

struct TraceEvent {
  std::uint64_t begin = 0;     // ticks
  std::uint64_t duration = 0;  // ticks
  std::uint32_t node = 0;
  std::uint32_t frames = 0;  // taken from its inputs
};

class TraceRing {
 public:
  /// Rounded up to a power of two; 0: keeps nothing.
  explicit TraceRing(std::size_t events_max);

  void add(const TraceEvent& event) noexcept {
    if (slots_ == nullptr) return;
    const std::uint64_t at = added_.load(std::memory_order_relaxed);
    // Announced first, so that a reader knows that this slot is no longer what it was.
    begun_.store(at + 1, std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_release);
    Slot& slot = slots_[at & mask_];
    slot.begin.store(event.begin, std::memory_order_relaxed);
    slot.duration.store(event.duration, std::memory_order_relaxed);
    slot.node_and_frames.store((std::uint64_t{event.node} << 32U) | event.frames,
                               std::memory_order_relaxed);
    added_.store(at + 1, std::memory_order_release);
  }

  /// Those that are still there, oldest first.
  [[nodiscard]] std::vector<TraceEvent> read() const;
  /// Ever added.
  [[nodiscard]] std::uint64_t added() const noexcept {
    return added_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t capacity() const { return slots_ == nullptr ? 0 : mask_ + 1; }

 private:
  struct Slot {
    std::atomic<std::uint64_t> begin{0};
    std::atomic<std::uint64_t> duration{0};
    std::atomic<std::uint64_t> node_and_frames{0};
  };
  std::unique_ptr<Slot[]> slots_;
  std::size_t mask_ = 0;
  std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> added_{0};
};

}  // namespace parley::graph
