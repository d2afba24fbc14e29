// SPDX-License-Identifier: Apache-2.0
//
// The tokens of a decoder by their texts: which of them are a given piece of a word, however it is
// written in capitals.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::backend {

/// ASCII letters only: other scripts have few names in two cases.
[[nodiscard]] std::string lower_ascii(std::string_view text);
/// A letter or a digit of any script: what follows such a byte may be the same word.
[[nodiscard]] bool is_word_byte(char byte) noexcept;

class TokenIndex {
 public:
  /// `piece(id)`: what a token adds to a text, for ids in [0, count); empty: nothing.
  TokenIndex(std::size_t count, const std::function<std::string(std::int64_t)>& piece);

  /// `text` in lower case.
  [[nodiscard]] std::span<const std::int64_t> find(std::string_view text) const;
  /// The longest text of a token.
  [[nodiscard]] std::size_t bytes_max() const noexcept { return bytes_max_; }
  /// It goes on with the word before it, if there is one.
  [[nodiscard]] bool continues_word(std::int64_t token) const noexcept {
    return token >= 0 && static_cast<std::size_t>(token) < continues_.size() &&
           continues_[static_cast<std::size_t>(token)];
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, std::vector<std::int64_t>, Hash, std::equal_to<>> ids_;
  std::vector<bool> continues_;
  std::size_t bytes_max_ = 0;
};

}  // namespace parley::backend
