// SPDX-License-Identifier: Apache-2.0
//
// Characters one by one: "F.B.I." of FBI. Full stops make a voice say letters as letters: it would
// take a bare "A" for the article and "AI" or "EST" for words.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

namespace parley::text {

/// The letters of `word`, each in upper case and with a full stop; what is no letter stays out.
[[nodiscard]] std::string spelled_letters(std::string_view word);

/// Every character: letters as above, digits and signs by their English names.
[[nodiscard]] std::string spelled_english(std::string_view text);

/// The English name of a sign such as "#": "hash". Empty when it has none.
[[nodiscard]] std::string_view english_sign(char32_t code);

}  // namespace parley::text
