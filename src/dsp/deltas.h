// SPDX-License-Identifier: Apache-2.0
//
// How features change: appends the first and second differences to each row, as Kaldi's add-deltas
// does (feat/feature-functions.cc: window 2, the second difference being the first's kernel applied
// twice; rows beyond the ends are the first and the last).
//
// Row t needs the rows up to t + 4: the first four pushes give nothing, `finish` gives the rest.
//
// Threads: one owner. Allocates: in the constructor only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parley::dsp {

class Deltas {
 public:
  static constexpr std::size_t kLookahead = 4;  // rows
  static constexpr std::size_t kParts = 3;      // the row itself, delta, delta-delta

  /// REQUIRES: dimensions > 0.
  explicit Deltas(std::size_t dimensions);

  /// REQUIRES: every row that was ready has been taken; row.size() == dimensions.
  void push(std::span<const float> row) noexcept;
  /// Says that nothing follows: the last row stands for those beyond the end.
  void finish() noexcept { finished_ = true; }
  /// Copies the next row into `out`, or returns false. REQUIRES: out.size() == 3 * dimensions.
  bool next(std::span<float> out) noexcept;
  void reset() noexcept;

  [[nodiscard]] bool finished() const noexcept { return finished_; }
  [[nodiscard]] std::size_t dimensions() const noexcept { return dimensions_; }

 private:
  static constexpr std::size_t kRows = 16;  // held; a power of two, more than 2 * kLookahead + 1
  static_assert(kRows > 2 * kLookahead + 1);
  [[nodiscard]] const float* row(std::int64_t index) const noexcept;

  std::size_t dimensions_;
  std::vector<float> rows_;  // kRows x dimensions, row t at t % kRows
  std::int64_t pushed_ = 0;
  std::int64_t given_ = 0;
  bool finished_ = false;
};

}  // namespace parley::dsp
