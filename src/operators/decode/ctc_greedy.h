// SPDX-License-Identifier: Apache-2.0
//
// The simplest reading of a CTC model (Graves et al., 2006): the best token of each row,
// repetitions and blanks taken out. Threads: strand. Allocates: in the constructor only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/decode/label_decoder.h"

namespace parley::operators {

class CtcGreedy final : public LabelDecoder {
 public:
  /// `labels_max`: of an utterance; what is beyond is dropped.
  explicit CtcGreedy(std::int32_t blank = 0, std::size_t labels_max = 4'096);

  void reset() noexcept override;
  void advance(std::span<const float> log_probabilities) noexcept override;
  void best(std::vector<std::int32_t>& labels, bool is_final) const override;
  [[nodiscard]] std::size_t tokens() const noexcept override { return 0; }

 private:
  const std::int32_t blank_;
  const std::size_t labels_max_;
  std::vector<std::int32_t> labels_;
  std::int32_t last_ = -1;
};

}  // namespace parley::operators
