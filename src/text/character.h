// SPDX-License-Identifier: Apache-2.0
//
// What kind of character it is, as far as reading aloud goes. Ranges are of Unicode 15.
//
// Threads: any (pure functions).
#pragma once

#include <cstdint>

namespace parley::text {

enum class CharacterKind : std::uint8_t {
  other,      // letters, marks of scripts, everything that is read as it stands
  space,      // any width, without the ends of lines
  line,       // ends of lines
  dropped,    // control and format characters: as if they were not there
  emoji,      // pictures, their modifiers: never read aloud
  ideograph,  // Han: one character is one syllable, and no space stands between words
  kana,       // of Japanese, where Han is not read as Chinese
  wide_mark   // punctuation of East Asia
};

[[nodiscard]] CharacterKind kind_of(char32_t code) noexcept;

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
[[nodiscard]] constexpr bool is_letter(char c) noexcept { return is_upper(c) || is_lower(c); }
/// Of a character outside ASCII, its first byte or a later one.
[[nodiscard]] constexpr bool is_beyond_ascii(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0x80U) != 0;
}
[[nodiscard]] constexpr char lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr char upper(char c) noexcept {
  return is_lower(c) ? static_cast<char>(c - ('a' - 'A')) : c;
}

}  // namespace parley::text
