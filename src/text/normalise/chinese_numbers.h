// SPDX-License-Identifier: Apache-2.0
//
// Digits as Chinese numerals (simplified). `digits` are 0 to 9 only, not empty.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "text/normalise/number.h"

namespace parley::text {

/// 一百二十三; 两 stands before 千, 万 and 亿. Numbers of more than 16 digits digit by digit.
[[nodiscard]] std::string chinese_cardinal(std::string_view digits);
/// 一二三, as years and serials are read. `one` is 一, or 幺 in telephone numbers.
[[nodiscard]] std::string chinese_digits(std::string_view digits, std::string_view one = "一");
/// With sign and fraction: 负三点一四.
[[nodiscard]] std::string chinese_number(const Number& number);

}  // namespace parley::text
