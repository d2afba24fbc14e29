// SPDX-License-Identifier: Apache-2.0
//
// Memory for frames: slabs from a pool, aligned to a cache line, shared by counting.
//
// Pushing a frame to three places copies three references, not the audio. `writable()` gives the
// only owner its bytes in place and copies them first when they are shared (copy on write).
//
// Memory that somebody else owns (mapped from another process, an array of another language) flows
// the same way: `wrap` makes a reference to it, and its owner hears when the last one has gone.
//
// Threads: any; a slab may be released on another thread than took it.
// Allocates: only when no free slab of the size class is left (counted in `Stats::grown`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace parley::media {

class BufferPool;

/// Owns memory that a pool only wraps.
class ExternalMemory {
 public:
  virtual ~ExternalMemory() = default;
  /// The last reference to what was wrapped with `token` is gone. Threads: any; short.
  virtual void release(std::uint64_t token) noexcept = 0;
};

/// A counted slice of a slab. Empty by default. 16 bytes; copying bumps one atomic, moving none.
class BufferRef {
 public:
  BufferRef() = default;
  BufferRef(const BufferRef& other) noexcept
      : slab_(other.slab_), offset_(other.offset_), size_(other.size_) {
    if (slab_ != nullptr) share(*slab_);
  }
  BufferRef(BufferRef&& other) noexcept
      : slab_(std::exchange(other.slab_, nullptr)),
        offset_(std::exchange(other.offset_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  BufferRef& operator=(const BufferRef& other) noexcept { return *this = BufferRef(other); }
  BufferRef& operator=(BufferRef&& other) noexcept {
    BufferRef taken(std::move(other));
    std::swap(slab_, taken.slab_);
    std::swap(offset_, taken.offset_);
    std::swap(size_, taken.size_);
    return *this;
  }
  ~BufferRef() {
    if (slab_ != nullptr) release(*slab_);
  }

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }  // bytes
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// The bytes as float32 samples; the size must be a multiple of 4.
  [[nodiscard]] std::span<const float> floats() const noexcept;

  /// The bytes to write to; copies them into a slab of their own first when somebody shares them,
  /// or when they are not the pool's but wrapped.
  [[nodiscard]] std::span<std::byte> writable();
  [[nodiscard]] std::span<float> writable_floats();

  /// Part of the same slab, `offset` and `length` in bytes; must lie inside.
  [[nodiscard]] BufferRef slice(std::size_t offset, std::size_t length) const noexcept;

 private:
  friend class BufferPool;
  struct Slab;
  static void share(Slab& slab) noexcept;
  static void release(Slab& slab) noexcept;
  BufferRef(Slab* slab, std::uint32_t offset, std::uint32_t size) noexcept
      : slab_(slab), offset_(offset), size_(size) {}

  Slab* slab_ = nullptr;
  std::uint32_t offset_ = 0;
  std::uint32_t size_ = 0;
};

/// Slabs in power-of-two size classes from 256 bytes to 1 MiB; larger ones are made to measure and
/// freed at once. The pool may be destroyed before its buffers: the last one frees the store.
/// Each class has a list behind a spin lock that is held for a few instructions.
class BufferPool {
 public:
  struct Options {
    std::size_t retained_bytes_max = 64U << 20U;  // free slabs kept; beyond this they are freed
  };
  struct Stats {
    std::uint64_t taken = 0;
    std::uint64_t grown = 0;         // takes that had to allocate
    std::uint64_t in_use_bytes = 0;  // slab sizes, not slice sizes
    std::uint64_t retained_bytes = 0;
  };

  BufferPool();
  explicit BufferPool(Options options);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// 0 < `bytes` < 4 GiB; contents are not initialised.
  [[nodiscard]] BufferRef take(std::size_t bytes);
  [[nodiscard]] BufferRef take_floats(std::size_t samples) { return take(samples * sizeof(float)); }
  [[nodiscard]] BufferRef copy_of(std::span<const float> samples);
  [[nodiscard]] BufferRef copy_of(std::span<const std::byte> bytes);
  /// A reference to memory that stays `owner`'s. It must stay readable, and `owner` alive, until
  /// `owner.release(token)`. 0 < size < 4 GiB. Allocates: no more than `take` (256 bytes, pooled).
  [[nodiscard]] BufferRef wrap(std::span<const std::byte> memory, ExternalMemory& owner,
                               std::uint64_t token);
  /// Adds up all classes one after the other; exact when nobody takes or releases meanwhile.
  [[nodiscard]] Stats stats() const noexcept;

 private:
  friend class BufferRef;
  struct Store;
  Store* store_;  // owned together with the slabs that are out
};

}  // namespace parley::media
