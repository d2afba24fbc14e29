// SPDX-License-Identifier: Apache-2.0
//
// Samples between two threads, without locks: a sound card's thread on one side, a strand on the
// other. Whole spans at a time.
//
// When full: the newest samples do not get in, and are counted. When empty: the reader gets fewer.
//
// Threads: `write` one producer, `read` and the skips one consumer, the rest any.
// Allocates: in the constructor only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace parley::operators {

class SampleRing {
 public:
  /// Holds at least `capacity` samples (rounded up to a power of two).
  explicit SampleRing(std::size_t capacity);

  /// Returns how many got in: all, or the first of them.
  std::size_t write(std::span<const float> samples) noexcept;
  /// Returns how many there were for `out`; the rest of it is left alone.
  std::size_t read(std::span<float> out) noexcept;
  /// Forgets up to `count` of the oldest; returns how many.
  std::size_t skip(std::size_t count) noexcept;
  /// Forgets what was written before `position`, a value of `written`.
  void skip_until(std::size_t position) noexcept;
  /// Samples that got in, ever (modulo the size of the type). Threads: producer.
  [[nodiscard]] std::size_t written() const noexcept {
    return tail_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
  /// Exact for the consumer as a least, for the producer as a most.
  [[nodiscard]] std::size_t size() const noexcept {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }
  /// Samples that found no room, ever.
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  const std::size_t mask_;
  const std::unique_ptr<float[]> samples_;
  alignas(64) std::atomic<std::size_t> head_{0};  // next to read
  alignas(64) std::atomic<std::size_t> tail_{0};  // next to write
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace parley::operators
