// SPDX-License-Identifier: Apache-2.0
#include "text/chunk_cutter.h"

#include <algorithm>

#include "base/utf8.h"
#include "text/character.h"
#include "text/dotted_words.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

constexpr std::size_t kFirstBytesMin = 6;      // "Well," alone would leave a gap after it
constexpr std::size_t kFirstBytesMax = 160;    // a first sentence without a comma
constexpr std::size_t kSentenceBytesMin = 12;  // "Yes. No." go together
// A comma ends the second chunk from here on, and later ones from there on.
constexpr std::size_t kSecondClauseBytesMin = 80;
constexpr std::size_t kClauseBytesMin = 140;
// A cut that is forced takes the best place of the last two thirds.
constexpr std::size_t kForcedPart = 3;
constexpr std::size_t kLookAheadBytes = 12;  // longer than any word that matters

bool is_space(char c) { return c == ' ' || c == '\n'; }

/// The word that `rest` begins with.
std::string_view first_word(std::string_view rest) {
  const std::size_t end = rest.find_first_of(" \n,.;:!?");
  return rest.substr(0, end);
}

bool is_word_known(std::string_view rest, bool is_all) {
  return is_all || rest.size() > kLookAheadBytes || first_word(rest).size() < rest.size();
}

/// Without closing quotes and brackets.
std::string_view without_closers(std::string_view token) {
  constexpr std::array kWide = std::to_array<std::string_view>({"”", "’", "»", "」", "』", "）"});
  while (!token.empty()) {
    const auto wide = std::ranges::find_if(kWide, [&](auto mark) { return token.ends_with(mark); });
    if (wide != kWide.end()) {
      token.remove_suffix(wide->size());
    } else if (std::string_view("\"')]}").find(token.back()) != std::string_view::npos) {
      token.remove_suffix(1);
    } else {
      break;
    }
  }
  return token;
}

std::string_view without_openers(std::string_view token) {
  while (!token.empty() && !is_letter(token.front()) && !is_digit(token.front())) {
    token.remove_prefix(1);
  }
  return token;
}

bool is_wide_sentence_end(char32_t code) {
  return code == 0x3002 || code == 0xFF01 || code == 0xFF1F || code == 0xFF0E || code == 0xFF61;
}
bool is_wide_clause_end(char32_t code) {
  return code == 0xFF0C || code == 0xFF1B || code == 0xFF1A || code == 0x2014;
}
bool is_wide_closer(char32_t code) {
  return code == 0x201D || code == 0x2019 || code == 0x300D || code == 0x300F || code == 0xFF09 ||
         code == 0x300B || code == 0x3011 || is_wide_sentence_end(code);
}

}  // namespace

std::optional<std::size_t> ChunkCutter::next_end(const Passage& passage) {
  const std::size_t must_end = passage.next_end();
  const bool is_all = must_end != Passage::kNone;
  const std::string_view text = passage.text().substr(0, must_end);
  while (at_ < text.size()) {
    if (at_ >= max()) {
      if (const std::size_t forced = forced_end(passage); forced > 0) return forced;
    }
    Cut cut = Cut::glued;
    std::size_t end = at_;
    std::size_t step = 1;
    if (is_space(text[at_])) {
      cut = cut_at_space(text, is_all);
      // The end of a line is the chunk's: it is heard as a full stop where there is none.
      if (cut == Cut::sentence && text[at_] == '\n') end = at_ + 1;
    } else {
      cut = cut_at_mark(text, is_all, end);
      step = std::max(end - at_, decode_utf8(text, at_).size);
    }
    if (cut == Cut::unknown) return std::nullopt;
    if (end > 0 && !passage.is_inside_region(end) && is_enough(end, cut)) return end;
    if (is_space(text[at_])) token_begin_ = at_ + 1;
    at_ += step;
  }
  if (is_all && !text.empty()) return text.size();
  return std::nullopt;
}

void ChunkCutter::taken(bool spoken) {
  if (spoken) ++chunks_;
  at_ = 0;
  token_begin_ = 0;
  best_ = {};
}

std::size_t ChunkCutter::max() const noexcept {
  return first_ == First::soon && chunks_ == 0 ? kFirstBytesMax : kChunkBytesMax;
}

/// Whether the chunk ends here; if not the place is remembered.
bool ChunkCutter::is_enough(std::size_t end, Cut cut) {
  std::size_t sentence_min = kSentenceBytesMin;
  std::size_t clause_min = chunks_ < 2 ? kSecondClauseBytesMin : kClauseBytesMin;
  if (first_ == First::soon && chunks_ == 0) sentence_min = clause_min = kFirstBytesMin;
  if (cut == Cut::sentence && end >= sentence_min) return true;
  if (cut == Cut::clause && end >= clause_min) return true;
  best_[static_cast<std::size_t>(cut)] = end;
  return false;
}

std::size_t ChunkCutter::forced_end(const Passage& passage) const {
  // The last of them are not at a space and no place to cut at all.
  for (std::size_t kind = kCuts; kind-- > static_cast<std::size_t>(Cut::word);) {
    if (best_[kind] >= max() / kForcedPart) return best_[kind];
  }
  return passage.is_inside_region(at_) ? 0 : at_;
}

ChunkCutter::Cut ChunkCutter::cut_at_space(std::string_view text, bool is_all) const {
  const std::string_view token = without_closers(text.substr(token_begin_, at_ - token_begin_));
  const std::string_view rest = text.substr(at_ + 1);
  const bool has_next = !rest.empty();
  const bool is_known = has_next || is_all;
  const char last = token.empty() ? ' ' : token.back();
  const char before = token.size() > 1 ? token[token.size() - 2] : ' ';
  if (last == ',' || last == ';' || last == ':') {
    if (!is_digit(before)) return Cut::clause;
    if (!is_known) return Cut::unknown;
    return has_next && is_digit(rest.front()) ? Cut::glued : Cut::clause;  // "March 14, 2025"
  }
  if (!is_known) return Cut::unknown;
  if (has_next && text[at_] == '\n') return Cut::sentence;
  if (last == '.' || last == '!' || last == '?' || token.ends_with("…")) {
    return cut_at_full_stop(token, rest, is_all);
  }
  if (token == "-" || token == "–" || token == "—") {
    const bool is_sum =
        token_begin_ > 1 && is_digit(text[token_begin_ - 2]) && has_next && is_digit(rest.front());
    return is_sum ? Cut::glued : Cut::clause;
  }
  return cut_at_word(token, rest, is_all);
}

ChunkCutter::Cut ChunkCutter::cut_at_full_stop(std::string_view token, std::string_view rest,
                                               bool is_all) const {
  const char next = rest.empty() ? 'A' : rest.front();
  const bool is_ellipsis = token.ends_with("...") || token.ends_with("…");
  if (token.back() != '.' || is_ellipsis) return is_lower(next) ? Cut::clause : Cut::sentence;
  switch (dot_kind(without_openers(token.substr(0, token.size() - 1)))) {
    case DotKind::inside:
      return Cut::glued;
    case DotKind::number:
      return is_digit(next) || is_lower(next) || next == '(' || next == '+' ? Cut::glued
                                                                            : Cut::sentence;
    case DotKind::either:
      if (!is_word_known(rest, is_all)) return Cut::unknown;
      return begins_sentence(first_word(rest)) ? Cut::sentence : Cut::glued;
    case DotKind::sentence:
      break;
  }
  return is_lower(next) ? Cut::glued : Cut::sentence;
}

ChunkCutter::Cut ChunkCutter::cut_at_word(std::string_view token, std::string_view rest,
                                          bool is_all) const {
  if (!is_word_known(rest, is_all)) return Cut::unknown;
  const bool is_number = !token.empty() && is_digit(token.back());
  if (is_number || (!rest.empty() && is_digit(rest.front()))) return Cut::glued;
  return begins_phrase(first_word(rest)) ? Cut::phrase : Cut::word;
}

// Marks that end a clause without a space after them: those of East Asia, a dash between two words,
// and what Chinese text has when it is typed with a narrow keyboard.
ChunkCutter::Cut ChunkCutter::cut_at_mark(std::string_view text, bool is_all,
                                          std::size_t& end) const {
  const Decoded mark = decode_utf8(text, at_);
  const bool is_narrow = std::string_view(",.;:!?").find(text[at_]) != std::string_view::npos;
  if (is_narrow) {
    if (at_ < 3) return Cut::glued;
    const Decoded before = decode_utf8(text, character_begin(text, at_ - 1));
    if (kind_of(before.code) != CharacterKind::ideograph) return Cut::glued;
  } else if (!is_wide_sentence_end(mark.code) && !is_wide_clause_end(mark.code)) {
    return Cut::glued;
  }
  end = at_ + mark.size;
  if (mark.code == 0xFF0C || mark.code == 0xFF1B) return Cut::clause;  // whatever comes behind
  if (end >= text.size()) return is_all ? Cut::glued : Cut::unknown;
  bool is_sentence =
      is_wide_sentence_end(mark.code) || text[at_] == '.' || text[at_] == '!' || text[at_] == '?';
  while (true) {
    const Decoded next = decode_utf8(text, end);
    if (!is_wide_closer(next.code)) break;
    is_sentence = is_sentence || is_wide_sentence_end(next.code);
    end += next.size;
    if (end >= text.size()) return is_all ? Cut::glued : Cut::unknown;
  }
  if (is_digit(text[end]) && (is_narrow || mark.code == 0xFF1A)) return Cut::glued;
  return is_sentence ? Cut::sentence : Cut::clause;
}

}  // namespace parley::text
