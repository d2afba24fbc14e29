// SPDX-License-Identifier: Apache-2.0
//
// Sums as people say or write them: "17 times 23", "(2 + 3) * 4", "fifteen percent of eighty",
// "the square root of two". Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::backend {

/// Brackets and signs inside each other.
inline constexpr int kSumDepthMax = 32;

struct Sum {
  double value = 0;
  bool has_operator = false;  // not just a number
};

/// The whole of `words` (spoken_words.h). Errors: invalid_argument (no sum, or one without an
/// answer), in words that can be said.
[[nodiscard]] Result<Sum> calculate(const std::vector<std::string>& words);
[[nodiscard]] Result<Sum> calculate(std::string_view text);

}  // namespace parley::backend
