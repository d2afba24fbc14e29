// SPDX-License-Identifier: Apache-2.0
//
// From rows of scores to the most likely sequence of labels: the seam between DecodeOperator and
// its ways to search.
// Threads: strand. Allocates: when it is made only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parley::operators {

class LabelDecoder {
 public:
  virtual ~LabelDecoder() = default;
  /// Forgets the utterance.
  virtual void reset() noexcept = 0;
  /// Takes one row: the natural logarithm of each token's probability. Rows of another length than
  /// `tokens()` are the caller's mistake (checked).
  virtual void advance(std::span<const float> log_probabilities) noexcept = 0;
  /// The best labels so far, into `labels` (replaced); `is_final`: nothing follows.
  virtual void best(std::vector<std::int32_t>& labels, bool is_final) const = 0;
  /// Tokens in a row; 0: any number.
  [[nodiscard]] virtual std::size_t tokens() const noexcept = 0;
};

}  // namespace parley::operators
