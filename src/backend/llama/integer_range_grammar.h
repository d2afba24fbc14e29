// SPDX-License-Identifier: Apache-2.0
//
// Decimal integers of a range, as a GBNF expression: 7..23 becomes
//   [7-9] | "1" [0-9] | "2" [0-3]
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace parley::backend {

/// The largest magnitude: 15 digits, which every JSON reader keeps exactly.
inline constexpr std::int64_t kIntegerMax = 999'999'999'999'999;

/// An expression without surrounding brackets; precondition: -kIntegerMax <= low <= high <=
/// kIntegerMax.
[[nodiscard]] std::string grammar_of_range(std::int64_t low, std::int64_t high);

}  // namespace parley::backend
