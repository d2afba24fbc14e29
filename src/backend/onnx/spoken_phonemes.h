// SPDX-License-Identifier: Apache-2.0
//
// What a voice shall say, as phonemes: of a text, and of each of its words by itself, so that the
// words can be found again in the whole (word_spans.h).
//
// `[[həlˈoʊ]]` in a text stands for those phonemes: they are said as they are, and count as one
// word, together with the punctuation right behind them. A `[[` that is never closed is text.
//
// Threads: any. Waits for the phonemizer, once for all of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backend/phonemizer/phonemizer.h"
#include "base/result.h"

namespace parley::backend {

struct SpokenPhonemes {
  std::string whole;               // IPA
  std::vector<std::string> words;  // as written
  std::vector<std::string> each;   // IPA of each word by itself; empty when that is not known
};

/// `language`: espeak-ng's name. Errors: those of the phonemizer.
[[nodiscard]] Result<SpokenPhonemes> spoken_phonemes(Phonemizer& phonemizer, std::string_view text,
                                                     std::string_view language);

}  // namespace parley::backend
