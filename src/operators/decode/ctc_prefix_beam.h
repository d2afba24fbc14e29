// SPDX-License-Identifier: Apache-2.0
//
// The most likely reading of a CTC model: the probabilities of all alignments of a reading are
// added up, for the `beam` best readings at a time (Hannun et al., "First-pass large vocabulary
// continuous speech recognition using bi-directional recurrent DNNs", 2014). With a beam wide
// enough it is exact. Threads: strand. Allocates: in the constructor only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/decode/history.h"
#include "operators/decode/label_decoder.h"

namespace parley::operators {

struct CtcBeamOptions {
  std::int32_t blank = 0;
  int beam = 16;        // readings kept, 1 to kBeamMax
  int candidates = 20;  // best tokens of a row that may extend a reading, 1 to kCandidatesMax
  std::size_t labels_max = 4'096;  // of an utterance; a longer reading grows no more
};

class CtcPrefixBeam final : public LabelDecoder {
 public:
  static constexpr int kBeamMax = 256;
  static constexpr int kCandidatesMax = 256;

  explicit CtcPrefixBeam(const CtcBeamOptions& options);

  void reset() noexcept override;
  void advance(std::span<const float> log_probabilities) noexcept override;
  void best(std::vector<std::int32_t>& labels, bool is_final) const override;
  [[nodiscard]] std::size_t tokens() const noexcept override { return 0; }
  /// Logarithm of the best reading's probability.
  [[nodiscard]] float best_score() const noexcept;

 private:
  struct Reading {
    History::Link link = History::kNone;
    std::uint64_t key = 0;   // of the sequence: a hash, since comparing would cost its length
    std::int32_t last = -1;  // label
    std::int32_t length = 0;
    float blank = 0.0F;          // log probability of alignments that end in a blank
    float label = 0.0F;          // and of those that end in `last`
    std::int32_t grown_by = -1;  // of a candidate: the label that `link` lacks
    [[nodiscard]] float total() const noexcept;
  };

  void choose_tokens(std::span<const float> row) noexcept;
  void extend(const Reading& from, std::span<const float> row) noexcept;
  Reading& candidate(std::uint64_t key, const Reading& from, std::int32_t grown_by) noexcept;
  void keep_best() noexcept;

  const CtcBeamOptions options_;
  History history_;
  std::vector<Reading> beam_;         // best first
  std::vector<Reading> candidates_;   // of this row
  std::vector<std::int32_t> slots_;   // key → place in candidates_, open addressing
  std::vector<std::int32_t> used_;    // slots to be cleared
  std::vector<std::int32_t> tokens_;  // of this row, that may extend
};

}  // namespace parley::operators
