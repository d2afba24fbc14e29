// SPDX-License-Identifier: Apache-2.0
//
// Frames from one process to another without a copy: a ring of slots in shared memory, for exactly
// one producer process (SharedRingWriter) and one consumer process (SharedRingReader) at a time.
//
// The memory is a sealed memfd, so neither side can shrink it under the other. The other process
// gets it in one of three ways:
// - by name: the maker calls `publish("/run/parley/mic")`, others `open_path("/run/parley/mic")`.
//   The name is a symbolic link to /proc/PID/fd/N, so it needs no server, dies with its maker and
//   is open to who may look into that process: the same user, in the same PID namespace;
// - as /proc/PID/fd/N itself;
// - as a descriptor, inherited or sent over a Unix socket: `open(fd)`.
//
// Who has a role holds a lock on the memfd that the kernel takes away when the process dies,
// however it dies: that is how the other side learns of it and how the next one can follow. The
// lock goes with the descriptor, so a process that forks should exec or close.
//
//   PARLEY_TRY(SharedRing ring, SharedRing::create({.slots = 64, .slot_bytes = 4096}));
//   PARLEY_TRY(SharedRingName name, ring.publish("/run/parley/mic"));
//   PARLEY_TRY(auto writer, SharedRingWriter::claim(ring, {}));
//
// Threads: value type; one owner. Errors name the path or field and what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "media/shared_ring_layout.h"

namespace parley::media {

/// Closes what it holds.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

struct SharedRingOptions {
  std::size_t slots = 64;         // frames that fit, 1 to kSharedRingSlotsMax
  std::size_t slot_bytes = 4096;  // of the largest frame; rounded up to whole pages
};

/// The name of a ring in the file system; removes it when it goes.
class SharedRingName {
 public:
  SharedRingName(SharedRingName&& other) noexcept
      : path_(std::exchange(other.path_, {})), target_(std::move(other.target_)) {}
  SharedRingName& operator=(SharedRingName&&) = delete;
  ~SharedRingName();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class SharedRing;
  SharedRingName(std::string path, std::string target)
      : path_(std::move(path)), target_(std::move(target)) {}
  std::string path_;
  std::string target_;
};

/// A ring's memory, not mapped yet.
class SharedRing {
 public:
  /// Errors: invalid_argument (a size out of range), resource_exhausted (no memory).
  static Result<SharedRing> create(SharedRingOptions options);
  /// Takes the descriptor over. Errors: data_corrupt (not a ring, another version, not sealed).
  static Result<SharedRing> open(FileDescriptor descriptor);
  /// Errors: not_found (nothing there, or its maker is gone), permission_denied, data_corrupt.
  static Result<SharedRing> open_path(const std::string& path);

  /// Gives the ring a name until the result goes. A name left behind by a process that died is
  /// replaced. Errors: already_exists (a living ring has it, or it is something else), unavailable.
  [[nodiscard]] Result<SharedRingName> publish(const std::string& path) const;

  [[nodiscard]] std::size_t slots() const noexcept { return slots_; }
  [[nodiscard]] std::size_t slot_bytes() const noexcept { return slot_bytes_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

 private:
  SharedRing(FileDescriptor descriptor, std::size_t slots, std::size_t slot_bytes) noexcept
      : descriptor_(std::move(descriptor)), slots_(slots), slot_bytes_(slot_bytes) {}

  FileDescriptor descriptor_;
  std::size_t slots_;  // both checked against the file, then never read again from it
  std::size_t slot_bytes_;
};

}  // namespace parley::media
