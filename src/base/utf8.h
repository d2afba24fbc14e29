// SPDX-License-Identifier: Apache-2.0
//
// Characters (Unicode code points) of UTF-8 text: whether it is valid, and, of text that is known
// to be, how many there are and where they begin; of other text these answers mean little, and do
// no harm.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <string_view>

namespace parley {

/// Bytes of the valid character at the start of `text`, 0 when it is none or is cut off. REQUIRES:
/// !text.empty().
[[nodiscard]] std::size_t utf8_character_size(std::string_view text) noexcept;

/// All of any text: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

[[nodiscard]] std::size_t characters_in(std::string_view text) noexcept;

/// Where the character begins that the byte `at` belongs to: a text that is cut there is cut
/// between two characters. The end of the text when `at` is not inside it.
[[nodiscard]] std::size_t character_begin(std::string_view text, std::size_t at) noexcept;

}  // namespace parley
