// SPDX-License-Identifier: Apache-2.0
//
// Characters (Unicode code points) of UTF-8 text that is known to be valid; of other text the
// answers mean little, and do no harm.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <string_view>

namespace parley {

[[nodiscard]] std::size_t characters_in(std::string_view text) noexcept;

/// Where the character begins that the byte `at` belongs to: a text that is cut there is cut
/// between two characters. The end of the text when `at` is not inside it.
[[nodiscard]] std::size_t character_begin(std::string_view text, std::size_t at) noexcept;

}  // namespace parley
