// SPDX-License-Identifier: Apache-2.0
//
// What a recogniser wrote, as words and numbers: "Twenty-three" and "23" are the same.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::backend {

/// Of a text that is looked at; the rest is not.
inline constexpr std::size_t kSpokenWordsMax = 400;

/// Lower-case words, digits with their point ("1,200.5" is "1200.5"), and single signs of
/// arithmetic: + - * / ^ % ( ). Other punctuation separates words and goes.
[[nodiscard]] std::vector<std::string> spoken_words(std::string_view text);

/// The number at `at`, in digits or in words ("two hundred and five", "two point five", "a
/// million"); `at` is then behind it. Nothing, and `at` as it was, where there is none.
[[nodiscard]] std::optional<double> take_number(const std::vector<std::string>& words,
                                                std::size_t& at);

/// Without an exponent, at most ten digits that matter: "391", "0.125".
[[nodiscard]] std::string number_text(double value);

}  // namespace parley::backend
