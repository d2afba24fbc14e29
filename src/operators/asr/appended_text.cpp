// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/appended_text.h"

#include <algorithm>
#include <span>
#include <vector>

#include "operators/asr/spoken_words.h"

namespace parley::operators {
namespace {

using Words = std::span<const SpokenWord>;

std::size_t distance(std::size_t a, std::size_t b) { return a > b ? a - b : b - a; }

/// How many words of `text` stand for `told`: its beginning with the fewest words changed, left out
/// or put in (Levenshtein), and of several the one that is as long as can be expected. `is_tail`:
/// nobody knows where in `text` they begin (Sellers 1980).
std::size_t stands_for(Words told, Words text, bool is_tail, std::size_t expected) {
  std::vector<std::size_t> row(text.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = is_tail ? 0 : j;
  for (const SpokenWord& word : told) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j < row.size(); ++j) {
      const std::size_t same = diagonal + (text[j - 1].compared == word.compared ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({same, row[j] + 1, row[j - 1] + 1});
    }
  }
  std::size_t best = 0;
  for (std::size_t j = 1; j < row.size(); ++j) {
    const bool is_nearer = distance(j, expected) < distance(best, expected);
    if (row[j] < row[best] || (row[j] == row[best] && is_nearer)) best = j;
  }
  return best;
}

/// The same for all words of both. Mostly they are the same words.
std::size_t words_told(Words told, Words text) {
  std::size_t same = 0;
  while (same < told.size() && same < text.size() && told[same].compared == text[same].compared) {
    ++same;
  }
  told = told.subspan(same);
  text = text.subspan(same);
  if (told.size() <= kToldWordsComparedMax) {
    text = text.first(std::min(text.size(), 2 * kToldWordsComparedMax));
    return same + stands_for(told, text, false, told.size());
  }
  // Of a long text with an early difference the end tells as well where to go on.
  const std::size_t before = told.size() - kToldWordsComparedMax;
  told = told.subspan(before);
  const std::size_t from = std::min(text.size(), before - std::min(before, kToldWordsComparedMax));
  text = text.subspan(from);
  text = text.first(std::min(text.size(), 3 * kToldWordsComparedMax));
  return same + from + stands_for(told, text, true, before + told.size() - from);
}

}  // namespace

std::string AppendedText::add(std::string_view text, std::size_t stable_bytes) {
  if (stable_bytes <= told_.size()) return {};
  std::string more(text.substr(told_.size(), stable_bytes - told_.size()));
  told_ += more;
  return more;
}

std::string AppendedText::rest(std::string_view text) const {
  if (told_.empty()) return std::string(text);
  const std::vector<SpokenWord> words = spoken_words(text);
  const std::size_t count = words_told(spoken_words(told_), words);
  if (count == 0) return {};
  return std::string(text.substr(words[count - 1].end));
}

}  // namespace parley::operators
