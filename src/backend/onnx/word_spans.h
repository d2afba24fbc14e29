// SPDX-License-Identifier: Apache-2.0
//
// Which phonemes of a spoken text belong to which of its written words.
//
// A phonemizer says a text as a whole: it joins words ("of the" becomes one), reads one as several
// ("9:15") and changes their sounds by what stands beside them, so its spaces do not tell. Each
// word is therefore also said by itself, and the two are aligned: the cheapest way to turn the one
// into the other, where sounds of a kind replace each other cheaply and a gap prefers a gap.
//
// Threads: pure functions. Cost: phonemes squared, about 0.1 ms for a sentence.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parley::backend {

/// Bytes of the phonemes of a text that belong to one word, stress marks included. Empty: the word
/// makes no sound of its own.
struct WordSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Each sound of `said`, with the stress before it and the marks of length behind it.
[[nodiscard]] std::vector<WordSpan> sound_spans(std::string_view said);

/// `text` at its white space.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

/// One span per word, in order. `said`: IPA of the whole text; `each`: of every word by itself.
[[nodiscard]] std::vector<WordSpan> word_spans(std::string_view said,
                                               const std::vector<std::string>& each);

}  // namespace parley::backend
