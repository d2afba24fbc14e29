// SPDX-License-Identifier: Apache-2.0
//
// The best path through a decoding graph (CTC topology, lexicon, grammar: whatever was composed
// into it) for rows of scores: Viterbi search by passing tokens, with a beam (Young, Russell and
// Thornton, "Token passing", 1989). With a beam wide enough it is exact: tests compare it with
// OpenFst's own shortest path.
//
// An input label k of the graph stands for column k - 1 of a row (label 0 is epsilon), as in Kaldi,
// k2 and sherpa-onnx. The cost of a path is that of its arcs less `scale` times its log
// probabilities, and its last state's.
//
// Limits: `active_max` states a row survive; at most kTokensPerActive times as many are looked at;
// histories hold `labels_max` output labels in all. What is dropped for these is counted.
// Threads: strand; the graph is shared and const.  Allocates: in the constructor only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "operators/decode/fst_graph.h"
#include "operators/decode/history.h"
#include "operators/decode/label_decoder.h"

namespace parley::operators {

struct WfstOptions {
  float beam = 16.0F;      // costs this much above the best are dropped
  int active_max = 2'000;  // states that survive a row
  float scale = 1.0F;      // of the log probabilities
  std::size_t labels_max = 65'536;
};

class WfstDecoder final : public LabelDecoder {
 public:
  static constexpr int kActiveMax = 1 << 20;
  static constexpr std::size_t kTokensPerActive = 4;

  struct Counters {
    std::uint64_t rows = 0;
    std::uint64_t pruned = 0;   // tokens beyond active_max, or beyond the table
    std::uint64_t lost = 0;     // tokens for whose history there was no room
    std::uint64_t misfits = 0;  // rows that no path fits: they were left out
  };

  /// `graph` is shared because several sessions search in it. `tokens`: columns of a row, at least
  /// graph->input_max() (checked).
  WfstDecoder(std::shared_ptr<const FstGraph> graph, std::size_t tokens,
              const WfstOptions& options);

  void reset() noexcept override;
  void advance(std::span<const float> log_probabilities) noexcept override;
  /// Of the path that costs least; when final, of those that end in a final state, if there are
  /// any.
  void best(std::vector<std::int32_t>& labels, bool is_final) const override;
  [[nodiscard]] std::size_t tokens() const noexcept override { return tokens_; }

  /// What the path of `best` costs; infinite when there is none.
  [[nodiscard]] float best_cost(bool is_final) const noexcept;
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  struct Token {
    std::int32_t state;
    float cost;
    History::Link history;
    bool is_waiting;  // its epsilon arcs are to be followed
  };
  /// Tokens by state: a list, and an index over it.
  struct Table {
    std::vector<Token> tokens;
    std::vector<std::int32_t> slots;
    void prepare(std::size_t capacity);
    [[nodiscard]] std::int32_t* find(std::int32_t state) noexcept;
    void clear() noexcept;
  };

  /// Brings `cost` to `state` in the next table by an arc; false when something was there already
  /// that costs no more, or there is no room.
  bool pass(std::int32_t state, float cost, History::Link from, std::int32_t output) noexcept;
  void follow_epsilons() noexcept;
  [[nodiscard]] float cutoff() noexcept;
  void swap_tables() noexcept;
  [[nodiscard]] const Token* best_token(bool is_final) const noexcept;

  const std::shared_ptr<const FstGraph> graph_;
  const std::size_t tokens_;
  const WfstOptions options_;
  History history_;
  Table now_;
  Table next_;
  float next_best_ = 0.0F;
  std::vector<float> costs_;           // of this row, for the cutoff
  std::vector<std::int32_t> waiting_;  // tokens whose epsilon arcs are to be followed
  Counters counters_;
};

}  // namespace parley::operators
