// SPDX-License-Identifier: Apache-2.0
//
// A bounded queue between exactly one producer and one consumer, without locks (Lamport 1983, with
// the cached indices of Rigtorp's SPSCQueue). Full: `push` says no and the producer decides.
//
// Threads: `push` the producer; `pop`, `front` the consumer; `size` any (a snapshot).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace parley::exec {

template <typename T>
class SpscRing {
 public:
  /// `capacity` >= 1 items.
  explicit SpscRing(std::size_t capacity)
      : slots_(capacity + 1), items_(std::make_unique<T[]>(capacity + 1)) {}

  [[nodiscard]] bool push(T item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t next = tail + 1 == slots_ ? 0 : tail + 1;
    if (next == head_cache_) {
      head_cache_ = head_.load(std::memory_order_acquire);
      if (next == head_cache_) return false;
    }
    items_[tail] = std::move(item);
    tail_.store(next, std::memory_order_release);
    return true;
  }

  [[nodiscard]] std::optional<T> pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_cache_) {
      tail_cache_ = tail_.load(std::memory_order_acquire);
      if (head == tail_cache_) return std::nullopt;
    }
    std::optional<T> item(std::move(items_[head]));
    items_[head] = T{};
    head_.store(head + 1 == slots_ ? 0 : head + 1, std::memory_order_release);
    return item;
  }

  [[nodiscard]] std::size_t size() const noexcept {
    const std::size_t head = head_.load(std::memory_order_acquire);
    const std::size_t tail = tail_.load(std::memory_order_acquire);
    return tail >= head ? tail - head : tail + slots_ - head;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return slots_ - 1; }

 private:
  static constexpr std::size_t kCacheLine = 64;
  const std::size_t slots_;  // one more than the capacity: full and empty differ
  const std::unique_ptr<T[]> items_;
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t head_cache_ = 0;  // producer's
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t tail_cache_ = 0;  // consumer's
};

}  // namespace parley::exec
