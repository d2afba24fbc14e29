// SPDX-License-Identifier: Apache-2.0
//
// A chunk's text as tokens: what stands between white space, without the punctuation around it. Of
// scripts that write no spaces each character is a token.
//
// Threads: any (pure functions).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/passage.h"

namespace parley::text {

struct Token {
  std::size_t begin = 0;  // in the text, punctuation included
  std::size_t end = 0;
  std::string_view lead;           // `("` of `("Dr.`
  std::string_view core;           // `Dr`; empty when there is only punctuation
  std::string_view trail;          // `.`
  bool is_spaced = true;           // white space, or the beginning, is before it
  bool is_line_end = false;        // a line ends behind it that its writer ended
  bool is_ideograph = false;       // Han
  const Region* region = nullptr;  // whose text it is, then as one token
};

/// The tokens point into `text` and `regions`.
[[nodiscard]] std::vector<Token> tokens_of(std::string_view text, std::span<const Region> regions);

/// A stretch of the text and what is said for it.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string spoken;
  bool is_spaced = true;    // apart from the word before
  bool is_trusted = false;  // `[[` in it means phonemes
};
using Words = std::vector<Word>;

/// The mark that a voice makes of `punctuation`: one of , . ! ? ; : ... or a wide one, or nothing.
[[nodiscard]] std::string_view pause_mark(std::string_view punctuation);

}  // namespace parley::text
