// SPDX-License-Identifier: Apache-2.0
//
// The hot words of one recogniser: those of the configuration, and those of a call.
//
//   const HotWords words(count, piece, config.hot_words);
//   const std::shared_ptr<const HotWordTrie> trie = words.of(call.hints);   // null: none
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/onnx/hot_word_trie.h"
#include "backend/onnx/token_index.h"
#include "model/asr_model.h"

namespace parley::backend {

class HotWords {
 public:
  /// As TokenIndex's; `piece` is asked when the first hot word comes, and outlives it.
  using Piece = std::function<std::string(std::int64_t)>;
  HotWords(std::size_t count, Piece piece, std::vector<std::string> own);

  /// Shared with the calls that run; null where there are no words.
  [[nodiscard]] std::shared_ptr<const HotWordTrie> of(const model::AsrHintsRef& hints) const;

 private:
  [[nodiscard]] const TokenIndex& index() const;

  const std::size_t count_;
  const Piece piece_;
  const std::vector<std::string> own_words_;
  mutable std::once_flag once_;  // 3 MB that most never need
  mutable std::unique_ptr<TokenIndex> index_;
  std::shared_ptr<const HotWordTrie> own_;
};

}  // namespace parley::backend
