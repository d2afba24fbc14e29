// SPDX-License-Identifier: Apache-2.0
//
// Chooses what a decoder says from its scores: instead of the best next token alone (greedy) the
// best few beginnings are followed, and the one that is best as a whole wins. Recognition depends
// less on accidents that way: moving the start of an utterance by 10 ms changes the greedy answer.
//
//   BeamSearch search({.width = 3, .margin = 2.0F, .tokens_max = limit, .end = kEnd});
//   search.advance(scores after the begin token);
//   while (!search.beams().empty()) search.advance(scores after each beam's token, row by row);
//   return search.best();
//
// Threads: one owner. No model in here: pure arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/onnx/hot_word_trie.h"

namespace parley::backend {

class BeamSearch {
 public:
  struct Options {
    std::size_t width = 3;       // beginnings that are followed; 1: greedy
    float margin = 2.0F;         // one this much less likely (natural log) than the best is dropped
    std::size_t tokens_max = 0;  // of an answer
    std::int64_t end = 0;        // the token that ends an answer
    const HotWordTrie* hot_words = nullptr;  // what it leans towards; null: nothing
  };
  enum class Ending : std::uint8_t { token, loop, limit };  // said, cut off, cut off
  /// Where a token comes from.
  struct Choice {
    std::size_t row = 0;   // of that `advance`; its position in the list says of which
    double logprob = 0.0;  // natural; the model's own, without what hot words add
  };
  /// A beginning whose next scores are wanted.
  struct Beam {
    std::size_t parent = 0;  // the row of the last `advance` that it goes on from
    std::vector<std::int64_t> tokens;
    double score = 0.0;             // log probability of all of them, with what hot words add
    std::vector<Choice> choices{};  // one per token
    HotWordTrie::State state = 0;
  };

  explicit BeamSearch(Options options) : options_(options), beams_(1) {}

  /// `scores`: a row of `vocabulary` logits for each beam, in order. Before the first call there is
  /// one empty beam.
  void advance(std::span<const float> scores, std::size_t vocabulary);
  /// Empty: the search is over.
  [[nodiscard]] std::span<const Beam> beams() const { return beams_; }
  /// The best whole answer so far, per token; without the end token.
  [[nodiscard]] const std::vector<std::int64_t>& best() const { return best_; }
  /// Of its tokens, and then of what ended it.
  [[nodiscard]] const std::vector<Choice>& best_choices() const { return best_choices_; }
  [[nodiscard]] Ending best_ending() const { return best_ending_; }

 private:
  struct Candidate {
    std::size_t row = 0;
    std::int64_t token = 0;
    double score = 0.0;
  };
  void collect(std::span<const float> row, std::size_t index);
  void finish(const Beam& beam, const Choice& last, Ending ending);
  void stop_when_decided();

  const Options options_;
  std::vector<Beam> beams_;
  std::vector<float> leaned_;          // a row with what hot words add
  std::vector<Candidate> candidates_;  // of this step, best first, at most `width`
  std::vector<std::int64_t> best_;
  std::vector<Choice> best_choices_;
  Ending best_ending_ = Ending::token;
  double best_score_ = 0.0;  // per token
  bool has_best_ = false;
};

}  // namespace parley::backend
