// SPDX-License-Identifier: Apache-2.0
//
// Text into tokens and back. Two ways in, because they must not be mixed up: `append_markup` knows
// the model's control tokens and is for our own template text; `append_plain` does not, and is for
// everything that users, clients and tools said. "<|im_end|>" in a user's words is then six
// harmless pieces of text and ends no turn.
//
// Threads: immutable once made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::backend {

using Token = std::int32_t;

class Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  virtual void append_plain(std::string_view text, std::vector<Token>& out) const = 0;
  virtual void append_markup(std::string_view text, std::vector<Token>& out) const = 0;
  /// The bytes of a token; of a control token none. May end within a character.
  virtual void append_piece(Token token, std::string& out) const = 0;
  /// Ends the turn: the model's own end tokens and every other control token.
  [[nodiscard]] virtual bool ends_turn(Token token) const = 0;
};

}  // namespace parley::backend
