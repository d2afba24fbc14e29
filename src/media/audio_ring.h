// SPDX-License-Identifier: Apache-2.0
//
// The last N samples of one channel, readable as contiguous windows of any size and place: 20 ms
// frames go in, 32 ms model windows come out, and nobody copies.
//
// Samples lie in one block. A push that reaches the block's end moves what is held to its start,
// which happens at most once per quarter of the capacity, so a push costs O(1) per sample on the
// average. The block grows with what is held, up to 1.25 times the capacity.
//
//   AudioRing ring(kWindow * 4);
//   ring.push(frame.samples.floats());
//   for (; ring.size() >= kWindow; ring.drop(kHop)) infer(ring.window(0, kWindow));
//
// Threads: one owner. Allocates: while it grows; warm, never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parley::media {

class AudioRing {
 public:
  /// Holds at most `capacity` samples, at least 1; a push beyond that drops the oldest.
  explicit AudioRing(std::size_t capacity);

  /// Returns how many samples were dropped to make room (of what was held, then of the new ones).
  std::size_t push(std::span<const float> samples);

  /// `length` samples, `offset` after the oldest. Valid until the next push, drop or clear.
  /// REQUIRES: offset + length <= size().
  [[nodiscard]] std::span<const float> window(std::size_t offset, std::size_t length) const;

  /// Forgets the `count` oldest. REQUIRES: count <= size().
  void drop(std::size_t count);

  void clear();    // forgets the samples, keeps the memory
  void release();  // forgets both

  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// Where the oldest held sample stands on its stream: every sample ever pushed counts.
  [[nodiscard]] std::int64_t first_index() const { return first_index_; }
  /// Samples that were dropped for want of room, ever.
  [[nodiscard]] std::uint64_t overflowed() const { return overflowed_; }

 private:
  void make_room(std::size_t count);

  std::size_t capacity_;
  std::vector<float> block_;
  std::size_t begin_ = 0;  // in block_
  std::size_t end_ = 0;
  std::int64_t first_index_ = 0;
  std::uint64_t overflowed_ = 0;
};

}  // namespace parley::media
