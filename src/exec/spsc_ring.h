// SPDX-License-Identifier: Apache-2.0
//
// A bounded queue between exactly one producer and one consumer, without locks: how segments of a
// heavy graph hand frames on. Each side keeps a copy of the other's index and looks again only when
// the copy says full or empty, so a steady stream touches no shared cache line but the slots.
//
// When full: `try_push` refuses and leaves the value with the caller (policy: block, in the words
// of a strand: wait for a wake).
//
// Threads: `try_push` one producer, `try_pop` one consumer, `size` any (approximate).
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "exec/sync_policy.h"

namespace parley::exec {

template <typename T, typename Sync = StdSync>
class SpscRing {
 public:
  /// Holds at least `capacity` values (rounded up to a power of two). All memory is taken here.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1),
        slots_(std::make_unique<std::optional<T>[]>(std::bit_ceil(capacity))) {
    PARLEY_CHECK(capacity >= 1);
  }

  /// False, and `value` untouched, when full.
  [[nodiscard]] bool try_push(T&& value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return false;
    }
    slots_[tail & mask_].emplace(std::move(value));
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] std::optional<T> try_pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return std::nullopt;
    }
    std::optional<T>& slot = slots_[head & mask_];
    std::optional<T> value(std::move(slot));
    // Frees what a moved-from value may hold before the producer comes back to it.
    slot.reset();  // NOLINT(bugprone-use-after-move)
    head_.store(head + 1, std::memory_order_release);
    return value;
  }

  /// Room for one more, as try_push would find it. Threads: the producer.
  [[nodiscard]] bool has_room() noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ <= mask_) return true;
    head_seen_ = head_.load(std::memory_order_acquire);
    return tail - head_seen_ <= mask_;
  }
  /// Nothing there, as try_pop would find it. Threads: the consumer.
  [[nodiscard]] bool empty() noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head != tail_seen_) return false;
    tail_seen_ = tail_.load(std::memory_order_acquire);
    return head == tail_seen_;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
  [[nodiscard]] std::size_t size() const noexcept {
    const std::size_t head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head;
  }

 private:
  const std::size_t mask_;
  const std::unique_ptr<std::optional<T>[]> slots_;
  // Indices only grow and wrap with the type; each side's pair has a cache line of its own.
  alignas(64) typename Sync::template Atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;  // the producer's copy
  alignas(64) typename Sync::template Atomic<std::size_t> head_{0};
  std::size_t tail_seen_ = 0;  // the consumer's copy
};

}  // namespace parley::exec
