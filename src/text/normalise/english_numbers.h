// SPDX-License-Identifier: Apache-2.0
//
// Digits as American English words. `digits` are 0 to 9 only, not empty.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "text/normalise/number.h"

namespace parley::text {

/// "one hundred twenty-three". Numbers of more digits than have a name are read digit by digit.
[[nodiscard]] std::string english_cardinal(std::string_view digits);
[[nodiscard]] std::string english_cardinal(int value);
/// "one hundred twenty-third".
[[nodiscard]] std::string english_ordinal(std::string_view digits);
[[nodiscard]] std::string english_ordinal(int value);
/// The ordinal of a number in words: "twenty-three" to "twenty-third".
[[nodiscard]] std::string english_ordinal_of_words(std::string words);
/// "one two three".
[[nodiscard]] std::string english_digits(std::string_view digits);
/// Four digits, as a year: "nineteen oh five", "twenty twenty-five", "two thousand one".
[[nodiscard]] std::string english_year(std::string_view digits);
/// As in the number of a room or a flight: "three oh five", "one twenty-one", "two hundred".
[[nodiscard]] std::string english_short_code(std::string_view digits);
/// With sign and fraction: "minus three point one four".
[[nodiscard]] std::string english_number(const Number& number);
/// More than one of what `words` ends with: "nineties", "pounds", "inches".
[[nodiscard]] std::string english_plural(std::string words);

}  // namespace parley::text
