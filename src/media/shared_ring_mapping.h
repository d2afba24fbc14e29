// SPDX-License-Identifier: Apache-2.0
//
// A shared ring, mapped into this process for one of its two roles. Holding it is having the role:
// its descriptor carries the lock that the kernel releases when this process ends.
//
// Threads: `peer_is_alive` and the memory any; construction and destruction one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "media/shared_ring.h"
#include "media/shared_ring_layout.h"

namespace parley::media {

enum class SharedRingRole : std::uint8_t { producer, consumer };

/// Whether some open descriptor has the role, other than `descriptor` itself.
[[nodiscard]] bool role_is_held(int descriptor, SharedRingRole role) noexcept;

class SharedRingMapping {
 public:
  /// A consumer can read the frames' bytes and not write them.
  /// Errors: already_exists (another process has the role: names it), resource_exhausted.
  static Result<SharedRingMapping> claim(const SharedRing& ring, SharedRingRole role);
  SharedRingMapping(SharedRingMapping&& other) noexcept;
  SharedRingMapping& operator=(SharedRingMapping&&) = delete;
  ~SharedRingMapping();

  [[nodiscard]] SharedRingHead& head() const noexcept { return *head_; }
  [[nodiscard]] std::size_t slots() const noexcept { return slots_; }
  [[nodiscard]] std::size_t slot_bytes() const noexcept { return slot_bytes_; }
  /// Of frame `index`.
  [[nodiscard]] SharedSlotHead& slot_head(std::uint64_t index) const noexcept {
    return slot_heads_[index % slots_];
  }
  [[nodiscard]] std::byte* slot_data(std::uint64_t index) const noexcept {
    return data_ + index % slots_ * slot_bytes_;
  }
  /// Whether a process has the other role. A system call.
  [[nodiscard]] bool peer_is_alive() const noexcept;

 private:
  SharedRingMapping(FileDescriptor descriptor, SharedRingRole role, const SharedRing& ring) noexcept
      : descriptor_(std::move(descriptor)),
        role_(role),
        slots_(ring.slots()),
        slot_bytes_(ring.slot_bytes()) {}
  Status map();

  FileDescriptor descriptor_;  // an open file of its own, so that the lock is ours alone
  SharedRingRole role_;
  std::size_t slots_;
  std::size_t slot_bytes_;
  SharedRingHead* head_ = nullptr;
  SharedSlotHead* slot_heads_ = nullptr;
  std::byte* data_ = nullptr;
};

}  // namespace parley::media
