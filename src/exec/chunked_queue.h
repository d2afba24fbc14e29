// SPDX-License-Identifier: Apache-2.0
//
// The memory behind a Mailbox: first in, first out, in chunks of kChunkSlots messages.
//
// Why not std::deque: it allocates and frees a block every few messages even when the queue never
// holds more than one. Why not one ring of the full limit: a server keeps a thousand idle sessions,
// and 256 large slots in each of two lanes would cost more than all else that such a session holds.
// Here nothing is taken before the first message, a queue that stays shallow allocates once and
// then never again, a burst grows it chunk by chunk, and draining gives all back but two chunks:
// the one in use and a spare, so that a depth swinging around a chunk's edge allocates nothing.
//
// Bounded by its owner. Threads: one owner, or under its lock.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"

namespace parley::exec {

template <typename T>
class ChunkedQueue {
 public:
  static constexpr std::size_t kChunkSlots = 16;

  ChunkedQueue() = default;
  ChunkedQueue(ChunkedQueue&& other) noexcept { swap(other); }
  ChunkedQueue& operator=(ChunkedQueue&&) = delete;

  void push(T&& value) {
    if (last_ == nullptr || write_ == kChunkSlots) add_chunk();
    last_->slots[write_++].emplace(std::move(value));
    ++size_;
  }

  /// Takes the oldest out; there must be one.
  T pop() {
    PARLEY_ASSERT(size_ > 0);
    std::optional<T>& slot = first_->slots[read_++];
    T value = std::move(*slot);
    slot.reset();
    --size_;
    if (size_ == 0) {
      read_ = write_ = 0;  // first and last are the same chunk: begin it again
    } else if (read_ == kChunkSlots) {
      drop_first_chunk();
    }
    return value;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Chunks held, in use or spare (for tests of memory).
  [[nodiscard]] std::size_t chunks() const noexcept {
    std::size_t count = spare_ == nullptr ? 0 : 1;
    for (const Chunk* chunk = first_.get(); chunk != nullptr; chunk = chunk->next.get()) ++count;
    return count;
  }

  void swap(ChunkedQueue& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(spare_, other.spare_);
    std::swap(last_, other.last_);
    std::swap(read_, other.read_);
    std::swap(write_, other.write_);
    std::swap(size_, other.size_);
  }

 private:
  struct Chunk {
    std::array<std::optional<T>, kChunkSlots> slots;
    std::unique_ptr<Chunk> next;
  };

  void add_chunk() {
    std::unique_ptr<Chunk> chunk =
        spare_ != nullptr ? std::move(spare_) : std::make_unique<Chunk>();
    Chunk* const added = chunk.get();
    (last_ == nullptr ? first_ : last_->next) = std::move(chunk);
    last_ = added;
    write_ = 0;
  }

  void drop_first_chunk() {
    std::unique_ptr<Chunk> done = std::move(first_);
    first_ = std::move(done->next);
    read_ = 0;
    spare_ = std::move(done);
  }

  std::unique_ptr<Chunk> first_;  // a short chain: the owner's limit divided by kChunkSlots
  std::unique_ptr<Chunk> spare_;
  Chunk* last_ = nullptr;
  std::size_t read_ = 0;   // in first_
  std::size_t write_ = 0;  // in last_
  std::size_t size_ = 0;
};

}  // namespace parley::exec
