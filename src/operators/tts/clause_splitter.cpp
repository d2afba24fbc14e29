// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/clause_splitter.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/utf8.h"

namespace parley::operators {

namespace {

// A first piece of about 1 s of speech: English has about 2.5 words and 14 characters a second.
constexpr std::size_t kFirstBytesMin = 6;    // "Well," alone would leave a gap after it
constexpr std::size_t kFirstWordsSoft = 4;   // from here on a new phrase may be cut off
constexpr std::size_t kFirstWordsMax = 8;    // and here any word
constexpr std::size_t kCommaBytesMin = 80;   // later pieces: sentences, or long clauses
constexpr std::size_t kPieceBytesMax = 240;  // a text without punctuation

constexpr std::array<std::string_view, 26> kPhraseStarts = {
    "and", "or", "but",  "so",    "because", "that",  "which", "who", "when",
    "if",  "to", "for",  "from",  "with",    "in",    "on",    "at",  "of",
    "by",  "as", "than", "where", "while",   "until", "about", "into"};

constexpr std::array<std::string_view, 10> kAbbreviations = {"mr",   "mrs", "ms", "dr", "st",
                                                             "prof", "vs",  "jr", "sr", "approx"};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_phrase_start(std::string_view word) {
  return std::find(kPhraseStarts.begin(), kPhraseStarts.end(), lower(word)) != kPhraseStarts.end();
}

bool ends_with_abbreviation(std::string_view text) {
  const std::size_t space = text.find_last_of(" \n\t(");
  const std::string word = lower(space == std::string_view::npos ? text : text.substr(space + 1));
  // One letter, or single letters with dots between them: "J.", "a.m.", "U.S.".
  bool is_initials = word.size() % 2 == 1;
  for (std::size_t i = 0; i < word.size() && is_initials; ++i) {
    is_initials =
        i % 2 == 1 ? word[i] == '.' : std::isalpha(static_cast<unsigned char>(word[i])) != 0;
  }
  if (is_initials) return true;
  return std::find(kAbbreviations.begin(), kAbbreviations.end(), word) != kAbbreviations.end();
}

/// Length in bytes of a full-width mark at `at`, or 0. `ends_sentence` tells 。！？ from ，；：、
std::size_t wide_mark(std::string_view text, std::size_t at, bool& ends_sentence) {
  constexpr std::array<std::string_view, 3> kSentence = {"。", "！", "？"};
  constexpr std::array<std::string_view, 4> kClause = {"，", "；", "：", "、"};
  for (const std::string_view mark : kSentence) {
    if (text.substr(at, mark.size()) == mark) {
      ends_sentence = true;
      return mark.size();
    }
  }
  for (const std::string_view mark : kClause) {
    if (text.substr(at, mark.size()) == mark) {
      ends_sentence = false;
      return mark.size();
    }
  }
  return 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Where the next piece ends by its punctuation.
std::size_t punctuation_boundary(std::string_view text, bool first) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool ends_sentence = false;
    if (const std::size_t wide = wide_mark(text, i, ends_sentence); wide > 0) {
      if (ends_sentence || first || i >= kCommaBytesMin) return i + wide;
      continue;
    }
    const char c = text[i];
    if (c == '\n' && !trim(text.substr(0, i)).empty()) return i + 1;
    const bool sentence = c == '.' || c == '!' || c == '?';
    const bool clause = c == ',' || c == ';' || c == ':';
    if (!sentence && !clause) continue;
    // "3.5", "10:30" and "1,000" go on; a mark counts when space follows it.
    if (i + 1 >= text.size() || !is_space(text[i + 1])) continue;
    if (c == '.' && ends_with_abbreviation(text.substr(0, i))) continue;
    const std::size_t later_min = sentence ? 0 : kCommaBytesMin;
    if (i + 1 >= (first ? kFirstBytesMin : later_min)) return i + 1;
  }
  return 0;
}

/// Where a first piece without punctuation may end: before a phrase, or after enough words.
std::size_t phrase_boundary(std::string_view text) {
  std::size_t words = 0;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \n\t\r", at);
    if (begin == std::string_view::npos) return 0;
    const std::size_t end = text.find_first_of(" \n\t\r", begin);
    if (end == std::string_view::npos) return 0;  // the word may go on
    if (words >= kFirstWordsMax ||
        (words >= kFirstWordsSoft && is_phrase_start(text.substr(begin, end - begin)))) {
      return begin;
    }
    ++words;
    at = end;
  }
}

/// Cuts at the last space before `max`, or between two characters.
std::size_t hard_boundary(std::string_view text, std::size_t max) {
  const std::size_t space = text.rfind(' ', max);
  if (space != std::string_view::npos && space > 0) return space;
  return character_begin(text, max);
}

}  // namespace

std::optional<std::string> ClauseSplitter::next() {
  while (true) {
    std::size_t end = boundary();
    if (end == 0) {
      if (!finished_ || pending_.empty()) return std::nullopt;
      end = pending_.size();
    }
    const std::string piece(trim(std::string_view(pending_).substr(0, end)));
    pending_.erase(0, end);
    if (piece.empty()) continue;
    first_ = false;
    return piece;
  }
}

void ClauseSplitter::reset() {
  pending_.clear();
  finished_ = false;
  first_ = first_soon_;
}

std::size_t ClauseSplitter::boundary() const {
  const std::size_t mark = punctuation_boundary(pending_, first_);
  const std::size_t phrase = first_ ? phrase_boundary(pending_) : 0;
  if (mark > 0 && (phrase == 0 || mark <= phrase)) return mark;
  if (phrase > 0) return phrase;
  return pending_.size() > kPieceBytesMax ? hard_boundary(pending_, kPieceBytesMax) : 0;
}

}  // namespace parley::operators
