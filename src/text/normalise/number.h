// SPDX-License-Identifier: Apache-2.0
//
// A number as it is written in digits, whatever the language it is read in.
//
// Threads: any (pure functions).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parley::text {

struct Number {
  enum class Sign : unsigned char { none, minus, plus } sign = Sign::none;
  std::string integer;      // digits, without what groups them; empty in ".5"
  std::string fraction;     // digits behind the point
  bool is_grouped = false;  // "1,000"

  [[nodiscard]] bool is_whole() const noexcept { return fraction.empty(); }
  /// Whether it is one of something: "1", "-1".
  [[nodiscard]] bool is_one() const noexcept { return fraction.empty() && integer == "1"; }
};

/// How a language writes numbers.
struct NumberMarks {
  std::string_view point = ".";
  std::string_view group = ",";
};

/// All of `text`: "12", "-1,234.5", ".5", "−3". Nothing when it is anything else, or has groups
/// that do not have three digits.
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, NumberMarks marks = {});

/// The length of the number that `text` begins with, 0 when it begins with none.
[[nodiscard]] std::size_t number_length(std::string_view text, NumberMarks marks = {});

/// All of `text` is digits, and there are some.
[[nodiscard]] bool is_all_digits(std::string_view text) noexcept;

/// Of up to 9 digits.
[[nodiscard]] int value_of(std::string_view digits) noexcept;

/// Without leading zeros, one digit at least.
[[nodiscard]] std::string_view without_leading_zeros(std::string_view digits) noexcept;

}  // namespace parley::text
