// SPDX-License-Identifier: Apache-2.0
//
// Words that are written with a full stop, which then does not end a sentence, or not surely:
// "Dr.", "No. 5", "U.S.". English, and what is common in French, German and Spanish.
//
// Threads: any (pure functions).
#pragma once

#include <cstdint>
#include <string_view>

namespace parley::text {

enum class DotKind : std::uint8_t {
  sentence,  // it ends one
  inside,    // never ends one: "Dr.", "e.g."
  number,    // belongs to a number that follows: "No. 5", "p. 7", "Jan. 3"
  either     // ends one if what follows begins one: "etc.", "U.S.", "9 a.m."
};

/// `word` is followed by the full stop; without it and without opening quotes or brackets.
[[nodiscard]] DotKind dot_kind(std::string_view word);

/// Whether `word` commonly begins a sentence: "The", "However".
[[nodiscard]] bool begins_sentence(std::string_view word);

/// Whether `word` begins a phrase, so that one may pause before it: "and", "because".
[[nodiscard]] bool begins_phrase(std::string_view word);

}  // namespace parley::text
