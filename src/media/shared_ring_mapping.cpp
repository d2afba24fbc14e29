// SPDX-License-Identifier: Apache-2.0
#include "media/shared_ring_mapping.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace parley::media {
namespace {

/// The byte of the file whose lock stands for a role; only its place counts.
flock lock_of(SharedRingRole role) noexcept {
  flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(role);
  lock.l_len = 1;
  return lock;
}

SharedRingRole other(SharedRingRole role) noexcept {
  return role == SharedRingRole::producer ? SharedRingRole::consumer : SharedRingRole::producer;
}

std::string name_of(SharedRingRole role) {
  return role == SharedRingRole::producer ? "producer" : "consumer";
}

}  // namespace

bool role_is_held(int descriptor, SharedRingRole role) noexcept {
  flock lock = lock_of(role);
  return ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Result<SharedRingMapping> SharedRingMapping::claim(const SharedRing& ring, SharedRingRole role) {
  // A lock belongs to an open file, and a descriptor that was sent or inherited shares its file.
  const std::string path = "/proc/self/fd/" + std::to_string(ring.descriptor());
  FileDescriptor own(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!own) {
    return Error{ErrorCode::permission_denied,
                 "shared ring: " + path + ": " + std::strerror(errno)};
  }
  flock lock = lock_of(role);
  const bool is_locked = ::fcntl(own.get(), F_OFD_SETLK, &lock) == 0;
  SharedRingMapping mapping(std::move(own), role, ring);
  PARLEY_TRY_STATUS(mapping.map());
  if (!is_locked) {
    const SharedRingHead& head = mapping.head();
    const std::uint32_t pid =
        role == SharedRingRole::producer ? head.producer_pid.load() : head.consumer_pid.load();
    return Error{ErrorCode::already_exists, "the shared ring has a " + name_of(role) +
                                                " already: process " + std::to_string(pid)};
  }
  return mapping;
}

Status SharedRingMapping::map() {
  const std::size_t control = kPageBytes + slot_heads_bytes(slots_);
  const auto fail = [] {
    return Error{ErrorCode::resource_exhausted,
                 std::string("shared ring: mmap: ") + std::strerror(errno)};
  };
  void* const heads = ::mmap(nullptr, control, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                             descriptor_.get(), 0);
  if (heads == MAP_FAILED) return fail();
  head_ = static_cast<SharedRingHead*>(heads);
  slot_heads_ = reinterpret_cast<SharedSlotHead*>(static_cast<std::byte*>(heads) + kPageBytes);
  const int access = role_ == SharedRingRole::producer ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const data = ::mmap(nullptr, slots_ * slot_bytes_, access, MAP_SHARED | MAP_POPULATE,
                            descriptor_.get(), static_cast<off_t>(control));
  if (data == MAP_FAILED) return fail();
  data_ = static_cast<std::byte*>(data);
  return {};
}

SharedRingMapping::SharedRingMapping(SharedRingMapping&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      role_(other.role_),
      slots_(other.slots_),
      slot_bytes_(other.slot_bytes_),
      head_(std::exchange(other.head_, nullptr)),
      slot_heads_(std::exchange(other.slot_heads_, nullptr)),
      data_(std::exchange(other.data_, nullptr)) {}

SharedRingMapping::~SharedRingMapping() {
  if (head_ != nullptr) ::munmap(head_, kPageBytes + slot_heads_bytes(slots_));
  if (data_ != nullptr) ::munmap(data_, slots_ * slot_bytes_);
}

bool SharedRingMapping::peer_is_alive() const noexcept {
  return role_is_held(descriptor_.get(), other(role_));
}

}  // namespace parley::media
