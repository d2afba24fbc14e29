// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/chinese_numbers.h"

#include <array>
#include <cstddef>

namespace parley::text {
namespace {

constexpr std::array<std::string_view, 10> kDigits = {"零", "一", "二", "三", "四",
                                                      "五", "六", "七", "八", "九"};
constexpr std::array<std::string_view, 4> kPlaces = {"", "十", "百", "千"};
constexpr std::array<std::string_view, 4> kGroups = {"", "万", "亿", "万亿"};
constexpr std::size_t kNamedDigitsMax = kGroups.size() * 4;

/// Up to four digits; zeros inside as one 零, at the end not at all.
std::string below_ten_thousand(std::string_view digits, bool has_before) {
  std::string words;
  bool has_gap = false;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = static_cast<std::size_t>(digits[i] - '0');
    const std::size_t place = digits.size() - 1 - i;
    if (digit == 0) {
      has_gap = true;
      continue;
    }
    if (has_gap && (has_before || !words.empty())) words += "零";
    has_gap = false;
    const bool is_bare_ten = digit == 1 && place == 1 && words.empty() && !has_before;
    const bool is_pair = digit == 2 && place == 3;  // 两千
    if (!is_bare_ten) words += is_pair ? "两" : kDigits[digit];
    words += kPlaces[place];
  }
  return words;
}

}  // namespace

std::string chinese_cardinal(std::string_view digits) {
  digits = without_leading_zeros(digits);
  if (digits.size() > kNamedDigitsMax) return chinese_digits(digits);
  if (digits == "0") return "零";
  std::string words;
  bool is_zero_due = false;
  while (!digits.empty()) {
    const std::size_t group = (digits.size() - 1) / 4;
    const std::size_t size = digits.size() - group * 4;
    const std::string_view part = digits.substr(0, size);
    digits.remove_prefix(size);
    std::string said = below_ten_thousand(part, !words.empty());
    if (said.empty()) {
      is_zero_due = !words.empty();
      continue;
    }
    if (is_zero_due && !said.starts_with("零")) words += "零";
    is_zero_due = false;
    if (said == "二" && group > 0) said = "两";  // 两万, 两亿
    (words += said) += kGroups[group];
  }
  return words;
}

std::string chinese_digits(std::string_view digits, std::string_view one) {
  std::string words;
  for (const char c : digits) {
    words += c == '1' ? one : kDigits[static_cast<std::size_t>(c - '0')];
  }
  return words;
}

std::string chinese_number(const Number& number) {
  std::string words;
  if (number.sign == Number::Sign::minus) words = "负";
  if (number.sign == Number::Sign::plus) words = "正";
  words += chinese_cardinal(number.integer.empty() ? "0" : std::string_view(number.integer));
  if (!number.fraction.empty()) (words += "点") += chinese_digits(number.fraction);
  return words;
}

}  // namespace parley::text
