// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/spoken_phonemes.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "backend/onnx/word_spans.h"
#include "backend/phonemizer/phonemizer_protocol.h"

namespace parley::backend {
namespace {

constexpr std::string_view kOpening = "[[";
constexpr std::string_view kClosing = "]]";
constexpr std::string_view kMarks = ",;:.!?";  // what a phonemizer leaves as it is
constexpr std::string_view kSpaces = " \t\n\r";

/// A stretch of the text that is either written or phonemes already.
struct Piece {
  std::string_view written;
  std::string ipa{};  // empty: to be asked for
};

bool has_word(std::string_view text) {
  return text.find_first_not_of(kSpaces) != std::string_view::npos;
}

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t opened = text.find(kOpening, at);
    const std::size_t closed =
        opened == std::string_view::npos ? opened : text.find(kClosing, opened + kOpening.size());
    const bool is_last = closed == std::string_view::npos;
    const std::string_view plain = text.substr(at, is_last ? text.size() - at : opened - at);
    if (has_word(plain)) pieces.push_back({plain});
    if (is_last) break;
    const std::size_t ipa = opened + kOpening.size();
    at = std::min(text.find_first_not_of(kMarks, closed + kClosing.size()), text.size());
    const std::size_t marks = closed + kClosing.size();
    std::string said(text.substr(ipa, closed - ipa));
    if (!has_word(said)) continue;
    said += text.substr(marks, at - marks);
    pieces.push_back({text.substr(opened, at - opened), std::move(said)});
  }
  return pieces;
}

std::vector<std::string> split(std::string_view answer) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= answer.size();) {
    const std::size_t end = std::min(answer.find(kPhonemizerSeparator, at), answer.size());
    parts.emplace_back(answer.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// Puts what was answered into the places of what was asked.
SpokenPhonemes put_together(const std::vector<Piece>& pieces, std::vector<std::string> answers) {
  SpokenPhonemes spoken;
  auto answer = answers.begin();
  for (const Piece& piece : pieces) {
    if (!spoken.whole.empty()) spoken.whole += ' ';
    if (!piece.ipa.empty()) {
      spoken.whole += piece.ipa;
    } else if (answer != answers.end()) {
      spoken.whole += *answer++;
    }
  }
  for (const Piece& piece : pieces) {
    if (!piece.ipa.empty()) {
      spoken.words.emplace_back(piece.written);
      spoken.each.push_back(piece.ipa);
      continue;
    }
    for (const std::string_view word : words_of(piece.written)) {
      spoken.words.emplace_back(word);
      if (answer != answers.end()) spoken.each.push_back(std::move(*answer++));
    }
  }
  if (spoken.each.size() != spoken.words.size() || answer != answers.end()) spoken.each.clear();
  return spoken;
}

}  // namespace

Result<SpokenPhonemes> spoken_phonemes(Phonemizer& phonemizer, std::string_view text,
                                       std::string_view language) {
  std::string clean(text);
  std::ranges::replace(clean, kPhonemizerSeparator, ' ');
  const std::vector<Piece> pieces = pieces_of(clean);
  std::string asked;
  std::string of_words;
  for (const Piece& piece : pieces) {
    if (!piece.ipa.empty()) continue;
    if (!asked.empty()) asked += kPhonemizerSeparator;
    asked += piece.written;
    for (const std::string_view word : words_of(piece.written)) {
      (of_words += kPhonemizerSeparator) += word;
    }
  }
  if (asked.empty()) return put_together(pieces, {});
  // A text that is too long to be asked for twice is spoken without the times of its words.
  if (asked.size() + of_words.size() <= kPhonemizerTextMax) asked += of_words;
  PARLEY_TRY(const std::string answer, phonemizer.phonemes(asked, language));
  return put_together(pieces, split(answer));
}

}  // namespace parley::backend
