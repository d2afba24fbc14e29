// SPDX-License-Identifier: Apache-2.0
//
// The buffers that a plugin's operator has in hand, by number. A plugin never sees a BufferRef:
// what it says of a buffer is looked up here, so that a wrong, old or doubly released handle is an
// error and not a crash.
//
// A buffer is valid until the call in which it was handed out returns, and longer while it is
// retained.
//
// Threads: strand. Allocates: while it grows; warm, never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "media/buffer_pool.h"

namespace parley::graph {

class BufferTable {
 public:
  static constexpr std::size_t kBuffersMax = 4096;  // at once, of one operator; more are refused
  using Handle = std::uint64_t;
  static constexpr Handle kNone = 0;

  struct Entry {
    media::BufferRef buffer;
    // Shared, because it is a value of another runtime that all consumers of a frame may keep.
    std::shared_ptr<const void> object;
  };

  /// For this call. kNone when the table is full.
  [[nodiscard]] Handle add(Entry entry);
  /// Null when the handle is no more, or never was.
  [[nodiscard]] Entry* find(Handle handle) noexcept;
  /// False when the handle is no more, or is not retained.
  bool retain(Handle handle) noexcept;
  bool release(Handle handle) noexcept;

  /// Takes back one that was handed out in this call, unless it is retained.
  void drop(Handle handle) noexcept;
  /// The call returned: what is not retained goes.
  void end_call() noexcept;
  /// The operator is closed: everything goes. Returns how many were still retained.
  std::size_t clear() noexcept;

 private:
  struct Slot {
    Entry entry;
    std::uint32_t generation = 1;  // of the handle; raised when the slot is freed
    std::uint32_t retains = 0;
    bool is_in_call = false;
    bool is_used = false;
  };
  Slot* slot_of(Handle handle) noexcept;
  void free_if_unused(std::uint32_t index) noexcept;

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;     // indices
  std::vector<std::uint32_t> in_call_;  // indices; some may have been dropped since
};

}  // namespace parley::graph
