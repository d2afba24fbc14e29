// SPDX-License-Identifier: Apache-2.0
//
// What is told of an utterance by appending to it, for those who can take nothing back: of partials
// the words that stay, and at the end what is left.
//
//   AppendedText told;
//   told.add(partial.text, partial.stable_bytes);       // "The"
//   told.add(partial.text, partial.stable_bytes);       // " captain counted"
//   told.rest("The captain counted seven boxes.");      // " seven boxes."
//
// Joined, the pieces are the final, as long as it has the words that were told, written alike. It
// is made with more care than partials and may know better: what is left then begins behind the
// words that stand for those told. Threads: one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parley::operators {

/// Words at the end of what was told that are looked for in a final that differs.
inline constexpr std::size_t kToldWordsComparedMax = 32;

class AppendedText {
 public:
  /// The first `stable_bytes` of `text` stay, and begin with those of the partial before. Returns
  /// what of them is new; empty: nothing.
  [[nodiscard]] std::string add(std::string_view text, std::size_t stable_bytes);
  /// Of a final: what is left to tell.
  [[nodiscard]] std::string rest(std::string_view text) const;

 private:
  std::string told_;
};

}  // namespace parley::operators
