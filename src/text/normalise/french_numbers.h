// SPDX-License-Identifier: Apache-2.0
//
// Digits as French words, as they are said in France, with the hyphens of 1990 only below one
// hundred. `digits` are 0 to 9 only, not empty.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "text/normalise/number.h"

namespace parley::text {

/// How French writes numbers: "1 234,5".
inline constexpr NumberMarks kFrenchMarks{",", " "};

/// "quatre-vingt-onze", "deux cents", "mille un". `feminine`: "vingt et une".
[[nodiscard]] std::string french_cardinal(std::string_view digits, bool feminine = false);
/// "premier", "vingt et unième".
[[nodiscard]] std::string french_ordinal(std::string_view digits, bool feminine = false);
/// "un deux trois".
[[nodiscard]] std::string french_digits(std::string_view digits);
/// With sign and fraction: "moins trois virgule cinq".
[[nodiscard]] std::string french_number(const Number& number);

}  // namespace parley::text
