// SPDX-License-Identifier: Apache-2.0
//
// UTF-8, byte by byte as it comes and character by character where it is known to be valid.
// Valid means RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
//
// Threads: one owner (Utf8Reader); any (functions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::text {

void append_utf8(std::string& out, char32_t code);

struct Decoded {
  char32_t code = 0;
  std::size_t size = 0;  // bytes
};

/// The character at `at` of valid text. `at` is inside and at the beginning of a character.
[[nodiscard]] Decoded decode_utf8(std::string_view text, std::size_t at) noexcept;

/// A stream of bytes to characters.
class Utf8Reader {
 public:
  /// A character when this byte completes one. invalid_argument names the offset, in all bytes that
  /// were pushed, at which the bad sequence begins.
  [[nodiscard]] Result<std::optional<char32_t>> push(unsigned char byte);
  /// invalid_argument when a character is cut off.
  [[nodiscard]] Status finish() const;

  /// Bytes pushed so far.
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  /// Where the character that is being read, or was read last, begins.
  [[nodiscard]] std::size_t character_offset() const noexcept { return begin_; }
  /// Bytes of a character that is not whole yet.
  [[nodiscard]] std::size_t held() const noexcept { return missing_ > 0 ? offset_ - begin_ : 0; }

 private:
  [[nodiscard]] Error invalid() const;

  std::size_t offset_ = 0;
  std::size_t begin_ = 0;
  char32_t code_ = 0;
  std::uint8_t missing_ = 0;       // bytes to come
  unsigned char next_min_ = 0x80;  // what the next byte may be
  unsigned char next_max_ = 0xBF;
};

}  // namespace parley::text
