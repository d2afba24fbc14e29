// SPDX-License-Identifier: Apache-2.0
//
// Leans a decoder towards words that may be said: names and terms that it would not think of. Each
// token that goes on with such a word gets a bonus, which is taken back when the word breaks off
// ("contextual biasing by shallow fusion": Zhao et al., "Shallow-Fusion End-to-End Contextual
// Biasing", Interspeech 2019; k2's icefall/context_graph.py, and sherpa-onnx's hotwords after it).
//
// Two things differ from theirs. A word is a path of bytes and not of tokens: decoders spell rare
// names in other pieces than the tokenizer would, and every way to spell one earns the same. And a
// word counts only as a whole: "Ann" is no beginning of "annual".
//
//   HotWordTrie trie(index, {"Svea Lindqvist"});
//   trie.lean(state, row, leaned);                   // what the decoder thinks, and what we do
//   const auto [next, bonus] = trie.step(state, token);
//
// Threads: immutable; the index outlives it. Allocates: in the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/onnx/token_index.h"

namespace parley::backend {

/// Of all words of a trie together: bounds what making it costs. Words beyond it are left out.
inline constexpr std::size_t kHotWordTrieBytesMax = 16'384;

class HotWordTrie {
 public:
  /// How far into a word a text is; 0: in none.
  using State = std::uint32_t;
  struct Step {
    State next = 0;
    double bonus = 0.0;  // natural log; below 0: taken back
  };

  HotWordTrie(const TokenIndex& index, std::span<const std::string> words);

  /// `leaned` is `row` with the bonus of each token.
  void lean(State state, std::span<const float> row, std::span<float> leaned) const;
  [[nodiscard]] Step step(State state, std::int64_t token) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return nodes_.size() == 1; }

 private:
  struct Edge {
    std::int64_t token = 0;
    State to = 0;
  };
  struct Node {
    std::vector<std::pair<char, State>> children{};  // by the next byte
    std::vector<Edge> edges{};                       // by the next token, in order of it
    float value = 0.0F;                              // the bonus of the way here
    float kept = 0.0F;     // of it, what stays when the way breaks off here
    bool is_end = false;   // of a word, if nothing of it follows
    bool is_open = false;  // its script writes no spaces: another word may follow at once
  };

  void add(std::string_view text);
  [[nodiscard]] State child(State node, char byte) const noexcept;
  void add_edges(const TokenIndex& index, State from);
  [[nodiscard]] static const Edge* find(const Node& node, std::int64_t token) noexcept;
  [[nodiscard]] float broken(const Node& node, std::int64_t token) const noexcept;

  const TokenIndex& index_;
  std::vector<Node> nodes_;
};

}  // namespace parley::backend
