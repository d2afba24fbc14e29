// SPDX-License-Identifier: Apache-2.0
//
// A chunk's text as the words that somebody says who reads it aloud.
//
// Which language's rules read a token is decided by its script first (digits among Han characters
// are Chinese whatever the language of the text is), then by the language that was asked for: en,
// fr and zh have rules. Of other languages only what no language reads is taken out, and numbers
// are left to the voice.
//
// Threads: any (pure functions).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "text/lexicon.h"
#include "text/normalise/token.h"
#include "text/passage.h"

namespace parley::text {

enum class Language : std::uint8_t { english, french, chinese, other };

/// Of a tag such as "en-US" (RFC 5646).
[[nodiscard]] Language language_of(std::string_view tag);

struct Reader {
  Language language = Language::english;
  bool normalise = true;             // false: numbers and signs stay as they are written
  const Lexicon* lexicon = nullptr;  // whose words come first
};

/// The words of `text`, with positions in it; in order, without overlap. Each has something to say.
[[nodiscard]] Words spoken_words(std::string_view text, std::span<const Region> regions,
                                 const Reader& reader);

/// Adds a word to a line of them; where in the line it begins.
std::size_t append_word(std::string& line, const Word& word);

/// All words in one line.
[[nodiscard]] std::string joined(const Words& words);

/// A text by itself, such as the alias of SSML's sub.
[[nodiscard]] std::string spoken_text(std::string_view text, const Reader& reader);

}  // namespace parley::text
