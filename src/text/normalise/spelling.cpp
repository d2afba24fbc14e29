// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/spelling.h"

#include <algorithm>
#include <array>

#include "text/character.h"
#include "text/normalise/english_numbers.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

struct Sign {
  char32_t code;
  std::string_view name;
};
constexpr std::array kSigns = std::to_array<Sign>({
    {'!', "exclamation mark"},
    {'"', "quote"},
    {'#', "hash"},
    {'$', "dollar"},
    {'%', "percent"},
    {'&', "and"},
    {'\'', "apostrophe"},
    {'(', "open bracket"},
    {')', "close bracket"},
    {'*', "star"},
    {'+', "plus"},
    {',', "comma"},
    {'-', "dash"},
    {'.', "dot"},
    {'/', "slash"},
    {':', "colon"},
    {';', "semicolon"},
    {'<', "less than"},
    {'=', "equals"},
    {'>', "greater than"},
    {'?', "question mark"},
    {'@', "at"},
    {'[', "open bracket"},
    {'\\', "backslash"},
    {']', "close bracket"},
    {'^', "caret"},
    {'_', "underscore"},
    {'`', "backtick"},
    {'{', "open brace"},
    {'|', "bar"},
    {'}', "close brace"},
    {'~', "tilde"},
    {0xA3, "pound"},
    {0xA5, "yen"},
    {0x20AC, "euro"},
});

}  // namespace

std::string spelled_letters(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (is_letter(c)) (out += upper(c)) += '.';
  }
  return out;
}

std::string spelled_english(std::string_view text) {
  std::string out;
  bool is_letter_run = false;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded c = decode_utf8(text, at);
    const std::string_view bytes = text.substr(at, c.size);
    at += c.size;
    if (kind_of(c.code) == CharacterKind::space || kind_of(c.code) == CharacterKind::line) {
      is_letter_run = false;
      continue;
    }
    const bool is_ascii_letter = c.size == 1 && is_letter(bytes.front());
    if (!out.empty() && !(is_ascii_letter && is_letter_run)) out += ' ';
    if (is_ascii_letter) {
      out += spelled_letters(bytes);
    } else if (c.size == 1 && is_digit(bytes.front())) {
      out += english_digits(bytes);
    } else if (const std::string_view name = english_sign(c.code); !name.empty()) {
      out += name;
    } else {
      out += bytes;
    }
    is_letter_run = is_ascii_letter;
  }
  return out;
}

std::string_view english_sign(char32_t code) {
  const auto sign = std::ranges::find(kSigns, code, &Sign::code);
  return sign != kSigns.end() ? sign->name : std::string_view();
}

}  // namespace parley::text
