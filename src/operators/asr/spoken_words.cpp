// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/spoken_words.h"

namespace parley::operators {
namespace {

bool is_letter(unsigned char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'' ||
         c >= 0x80;
}

/// Han, kana and their punctuation, and full-width forms: U+2E80 to U+9FFF and U+F900 to U+FFEF,
/// which are three bytes from 0xE2BA80 on.
bool is_spaceless(std::string_view character) noexcept {
  if (character.size() != 3) return false;
  const auto lead = static_cast<unsigned char>(character[0]);
  const auto second = static_cast<unsigned char>(character[1]);
  return (lead == 0xE2 && second >= 0xBA) || (lead >= 0xE3 && lead <= 0xE9) ||
         (lead == 0xEF && second >= 0xA4);
}

/// 。，、？！：； and the like, which belong to the word before them.
bool is_spaceless_mark(std::string_view character) noexcept {
  return character.starts_with("\xE3\x80") || character.starts_with("\xEF\xBC\x8C") ||
         character.starts_with("\xEF\xBC\x9F") || character.starts_with("\xEF\xBC\x81") ||
         character.starts_with("\xEF\xBC\x9A") || character.starts_with("\xEF\xBC\x9B");
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// "0.8", "1,000", "10:30": one word, which is not known before its last digit.
bool is_inside_number(std::string_view text, std::size_t at) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_mark = text[at] == '.' || text[at] == ',' || text[at] == ':';
  return is_mark && is_digit(text[at - 1]) && at + 1 < text.size() && is_digit(text[at + 1]);
}

}  // namespace

std::vector<SpokenWord> spoken_words(std::string_view text) {
  std::vector<SpokenWord> words;
  bool is_open = false;  // the last word takes more letters
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) ++next;
    const std::string_view character = text.substr(at, next - at);
    const bool stands_alone = is_spaceless(character);
    if (stands_alone && is_spaceless_mark(character)) {
      is_open = false;
    } else if (is_letter(static_cast<unsigned char>(character[0]))) {
      if (!is_open || stands_alone) {
        words.push_back({.compared = {}, .begin = words.empty() ? 0 : words.back().end, .end = at});
      }
      for (const char c : character) words.back().compared += lower(c);
      words.back().end = next;
      is_open = !stands_alone;
    } else if (is_open && is_inside_number(text, at)) {
      words.back().compared += text[at];
    } else {
      is_open = false;
    }
    at = next;
  }
  return words;
}

}  // namespace parley::operators
