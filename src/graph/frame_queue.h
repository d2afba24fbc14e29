// SPDX-License-Identifier: Apache-2.0
//
// The bounded first-in-first-out queue inside an input port. Frames are constructed in place and
// destroyed when popped, so a popped frame gives its buffer back at once.
//
// It starts small and doubles up to its capacity, because most ports of most sessions never hold
// more than a frame or two; once a session is warm it allocates nothing.
//
// Threads: one owner. Allocates: in `push`, at most log2(capacity / 8) times in its life.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace parley::graph {

template <typename T>
class FrameQueue {
  static_assert(std::is_nothrow_move_constructible_v<T>, "growing moves frames");

 public:
  /// Holds at most `capacity` frames; at least 1.
  explicit FrameQueue(std::size_t capacity) : capacity_(capacity) { PARLEY_CHECK(capacity >= 1); }
  FrameQueue(const FrameQueue&) = delete;
  FrameQueue& operator=(const FrameQueue&) = delete;
  ~FrameQueue() {
    clear();
    release();
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return size_ >= capacity_; }

  /// REQUIRES: !full().
  template <typename U>
  void push(U&& frame) {
    PARLEY_ASSERT(!full());
    if (size_ == slots_) grow();
    std::construct_at(at(size_), std::forward<U>(frame));
    ++size_;
  }

  /// REQUIRES: !empty().
  [[nodiscard]] T& front() noexcept { return *at(0); }

  /// Moves the oldest frame out. REQUIRES: !empty().
  [[nodiscard]] T pop() noexcept {
    T* const oldest = at(0);
    T frame(std::move(*oldest));
    std::destroy_at(oldest);
    advance();
    return frame;
  }

  /// Destroys the oldest frame. REQUIRES: !empty().
  void drop() noexcept {
    std::destroy_at(at(0));
    advance();
  }

  void clear() noexcept {
    while (!empty()) drop();
  }

  void swap(FrameQueue& other) noexcept {
    std::swap(storage_, other.storage_);
    std::swap(slots_, other.slots_);
    std::swap(head_, other.head_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  static constexpr std::size_t kSlotsFirst = 8;

  /// `slots_` is a power of two, so the wrap is a mask.
  T* at(std::size_t offset) noexcept { return storage_ + ((head_ + offset) & (slots_ - 1)); }

  void advance() noexcept {
    head_ = (head_ + 1) & (slots_ - 1);
    --size_;
  }

  void grow() {
    const std::size_t slots =
        slots_ == 0 ? std::min(kSlotsFirst, std::bit_ceil(capacity_)) : slots_ * 2;
    T* const storage = std::allocator<T>().allocate(slots);
    for (std::size_t i = 0; i < size_; ++i) {
      std::construct_at(storage + i, std::move(*at(i)));
      std::destroy_at(at(i));
    }
    release();
    storage_ = storage;
    slots_ = slots;
    head_ = 0;
  }

  void release() noexcept {
    if (storage_ != nullptr) std::allocator<T>().deallocate(storage_, slots_);
  }

  T* storage_ = nullptr;
  std::size_t slots_ = 0;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t capacity_;
};

}  // namespace parley::graph
