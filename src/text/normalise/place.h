// SPDX-License-Identifier: Apache-2.0
//
// A place in a row of tokens, and what a rule of a language says about it. A rule knows one kind of
// writing (money, dates, ...): it looks at the tokens from the place on and, when they are of its
// kind, says their words.
//
// Threads: any (pure functions).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "text/normalise/token.h"

namespace parley::text {

struct Place {
  std::span<const Token> tokens;
  std::size_t at = 0;

  [[nodiscard]] const Token& token(std::size_t ahead = 0) const { return tokens[at + ahead]; }
  /// There is a token so far ahead, and only white space between it and the one before.
  [[nodiscard]] bool follows(std::size_t ahead) const;
  /// The same, but the token before may have a full stop: "Jan. 5", "5 ft. tall".
  [[nodiscard]] bool follows_dot(std::size_t ahead) const;
  /// The word so far ahead, if it follows; else empty.
  [[nodiscard]] std::string_view word(std::size_t ahead) const;
  /// The word before, in lower case; empty at the beginning and behind a mark that ends a clause.
  [[nodiscard]] std::string previous() const;
};

/// What a rule did.
struct Reading {
  std::size_t tokens = 0;  // that it read; 0: they are not of its kind
  bool has_dot = false;    // the full stop behind the last of them belongs to it: "a.m."
};

using Rule = Reading (*)(const Place& place, Words& words);

/// The `count` tokens from `ahead` on are said as `spoken`.
void say(Words& words, const Place& place, std::size_t ahead, std::size_t count,
         std::string spoken);

[[nodiscard]] std::string lowered(std::string_view word);

}  // namespace parley::text
