// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/hot_words.h"

#include <utility>

namespace parley::backend {

HotWords::HotWords(std::size_t count, Piece piece, std::vector<std::string> own)
    : count_(count), piece_(std::move(piece)), own_words_(std::move(own)) {
  if (own_words_.empty()) return;
  auto trie = std::make_shared<const HotWordTrie>(index(), own_words_);
  if (!trie->empty()) own_ = std::move(trie);
}

const TokenIndex& HotWords::index() const {
  std::call_once(once_, [this] { index_ = std::make_unique<TokenIndex>(count_, piece_); });
  return *index_;
}

std::shared_ptr<const HotWordTrie> HotWords::of(const model::AsrHintsRef& hints) const {
  if (hints == nullptr || hints->hot_words.empty()) return own_;
  std::vector<std::string> words = own_words_;
  words.insert(words.end(), hints->hot_words.begin(), hints->hot_words.end());
  auto trie = std::make_shared<const HotWordTrie>(index(), words);
  return trie->empty() ? nullptr : std::move(trie);
}

}  // namespace parley::backend
