// SPDX-License-Identifier: Apache-2.0
#include "media/shared_ring.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/shared_ring_mapping.h"

namespace parley::media {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

std::string reason() { return std::strerror(errno); }

Status check_geometry(std::size_t slots, std::size_t slot_bytes, ErrorCode code) {
  if (slots < 1 || slots > kSharedRingSlotsMax) {
    return Error{code, "shared ring: " + std::to_string(slots) + " slots, expected 1 to " +
                           std::to_string(kSharedRingSlotsMax)};
  }
  if (slot_bytes < 1 || slot_bytes > kSharedRingSlotBytesMax || slot_bytes % kPageBytes != 0) {
    return Error{code, "shared ring: slots of " + std::to_string(slot_bytes) +
                           " bytes, expected whole pages of 4096 up to " +
                           std::to_string(kSharedRingSlotBytesMax)};
  }
  if (shared_ring_bytes(slots, slot_bytes) > kSharedRingBytesMax) {
    return Error{code, "shared ring: " + std::to_string(slots) + " slots of " +
                           std::to_string(slot_bytes) + " bytes are more than " +
                           std::to_string(kSharedRingBytesMax) + " bytes"};
  }
  return {};
}

Error not_a_ring(std::string_view why) {
  return {ErrorCode::data_corrupt, "not a shared ring: " + std::string(why)};
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<SharedRing> SharedRing::create(SharedRingOptions options) {
  const std::size_t slot_bytes =
      options.slot_bytes > kSharedRingSlotBytesMax
          ? options.slot_bytes
          : (options.slot_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  PARLEY_TRY_STATUS(check_geometry(options.slots, slot_bytes, ErrorCode::invalid_argument));

  FileDescriptor file(::memfd_create("parley-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return Error{ErrorCode::resource_exhausted, "memfd_create: " + reason()};
  const auto size = static_cast<off_t>(shared_ring_bytes(options.slots, slot_bytes));
  // Taken now: a page that cannot be had later would be a bus error.
  if (::ftruncate(file.get(), size) != 0 || ::fallocate(file.get(), 0, 0, size) != 0) {
    return Error{ErrorCode::resource_exhausted,
                 "shared ring of " + std::to_string(size) + " bytes: " + reason()};
  }
  SharedRingGeometry geometry;
  geometry.slots = static_cast<std::uint32_t>(options.slots);
  geometry.slot_bytes = slot_bytes;
  if (::pwrite(file.get(), &geometry, sizeof(geometry), 0) != sizeof(geometry) ||
      ::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) {
    return Error{ErrorCode::internal, "shared ring: " + reason()};
  }
  return SharedRing(std::move(file), options.slots, slot_bytes);
}

Result<SharedRing> SharedRing::open(FileDescriptor descriptor) {
  struct stat file{};
  if (::fstat(descriptor.get(), &file) != 0) return not_a_ring("fstat: " + reason());
  const int seals = ::fcntl(descriptor.get(), F_GET_SEALS);
  if (seals < 0) return not_a_ring("the file is no memfd");
  if ((seals & F_SEAL_SHRINK) == 0) {
    return not_a_ring("its size is not sealed, so its maker could take it away under us");
  }
  SharedRingGeometry geometry;
  // Read and not mapped: what was checked cannot change afterwards.
  if (::pread(descriptor.get(), &geometry, sizeof(geometry), 0) != sizeof(geometry) ||
      geometry.magic != kSharedRingMagic) {
    return not_a_ring("the first bytes are others");
  }
  if (geometry.version != kSharedRingVersion) {
    return Error{ErrorCode::data_corrupt,
                 "shared ring: layout version " + std::to_string(geometry.version) +
                     ", this program knows " + std::to_string(kSharedRingVersion)};
  }
  PARLEY_TRY_STATUS(check_geometry(geometry.slots, geometry.slot_bytes, ErrorCode::data_corrupt));
  const std::size_t expected = shared_ring_bytes(geometry.slots, geometry.slot_bytes);
  if (static_cast<std::uint64_t>(file.st_size) != expected) {
    return not_a_ring(std::to_string(file.st_size) + " bytes instead of " +
                      std::to_string(expected));
  }
  return SharedRing(std::move(descriptor), geometry.slots, geometry.slot_bytes);
}

Result<SharedRing> SharedRing::open_path(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT) {
      return Error{ErrorCode::not_found, path + ": no shared ring is there now"};
    }
    return Error{
        errno == EACCES || errno == EPERM ? ErrorCode::permission_denied : ErrorCode::unavailable,
        path + ": " + reason()};
  }
  Result<SharedRing> ring = open(std::move(file));
  if (!ring) return ring.error().with_context(path);
  return ring;
}

Result<SharedRingName> SharedRing::publish(const std::string& path) const {
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISLNK(there.st_mode)) {
      return Error{ErrorCode::already_exists, path + ": exists and is no shared ring's name"};
    }
    const Result<SharedRing> other = open_path(path);
    if (other && role_is_held(other->descriptor(), SharedRingRole::producer)) {
      return Error{ErrorCode::already_exists,
                   path + ": a ring with a living producer has this name"};
    }
  }
  const std::string target =
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_.get());
  // Under a name of its own first: who looks at `path` finds the old ring or the new one.
  const std::string fresh = path + "." + std::to_string(::getpid());
  ::unlink(fresh.c_str());
  if (::symlink(target.c_str(), fresh.c_str()) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0) {
    const std::string why = reason();
    ::unlink(fresh.c_str());
    return Error{ErrorCode::unavailable, path + ": " + why};
  }
  return SharedRingName(path, target);
}

SharedRingName::~SharedRingName() {
  if (path_.empty()) return;
  std::error_code ignored;
  // Somebody else may have the name by now.
  if (std::filesystem::read_symlink(path_, ignored) == target_) ::unlink(path_.c_str());
}

}  // namespace parley::media
