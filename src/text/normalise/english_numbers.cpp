// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_numbers.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace parley::text {
namespace {

constexpr std::array<std::string_view, 20> kSmall = {
    "zero",     "one",     "two",     "three",     "four",     "five",    "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> kTens = {
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::array<std::string_view, 7> kScales = {
    "", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion"};
constexpr std::size_t kNamedDigitsMax = kScales.size() * 3;

std::string below_hundred(int value) {
  const auto v = static_cast<std::size_t>(value);
  if (v < kSmall.size()) return std::string(kSmall[v]);
  std::string words(kTens[v / 10]);
  if (v % 10 != 0) (words += '-') += kSmall[v % 10];
  return words;
}

std::string below_thousand(int value) {
  if (value < 100) return below_hundred(value);
  std::string words = below_hundred(value / 100) + " hundred";
  if (value % 100 != 0) (words += ' ') += below_hundred(value % 100);
  return words;
}

}  // namespace

std::string english_cardinal(std::string_view digits) {
  digits = without_leading_zeros(digits);
  if (digits.size() > kNamedDigitsMax) return english_digits(digits);
  std::string words;
  while (!digits.empty()) {
    const std::size_t scale = (digits.size() - 1) / 3;
    const std::size_t size = digits.size() - scale * 3;
    const int value = value_of(digits.substr(0, size));
    digits.remove_prefix(size);
    if (value == 0 && (!words.empty() || !digits.empty())) continue;
    if (!words.empty()) words += ' ';
    (words += below_thousand(value)) += kScales[scale];
  }
  return words;
}

std::string english_cardinal(int value) { return english_cardinal(std::to_string(value)); }

std::string english_ordinal(std::string_view digits) {
  return english_ordinal_of_words(english_cardinal(digits));
}

std::string english_ordinal(int value) { return english_ordinal(std::to_string(value)); }

std::string english_ordinal_of_words(std::string words) {
  struct Pair {
    std::string_view cardinal;
    std::string_view ordinal;
  };
  constexpr std::array kIrregular = std::to_array<Pair>({{"one", "first"},
                                                         {"two", "second"},
                                                         {"three", "third"},
                                                         {"five", "fifth"},
                                                         {"eight", "eighth"},
                                                         {"nine", "ninth"},
                                                         {"twelve", "twelfth"}});
  const std::size_t begin = words.find_last_of(" -") + 1;  // 0 when there is none
  const std::string_view last = std::string_view(words).substr(begin);
  const auto found = std::ranges::find(kIrregular, last, &Pair::cardinal);
  if (found != kIrregular.end()) return words.replace(begin, std::string::npos, found->ordinal);
  if (words.ends_with('y')) return words.replace(words.size() - 1, 1, "ieth");
  return words + "th";
}

std::string english_digits(std::string_view digits) {
  std::string words;
  for (const char c : digits) {
    if (!words.empty()) words += ' ';
    words += kSmall[static_cast<std::size_t>(c - '0')];
  }
  return words;
}

std::string english_year(std::string_view digits) {
  const int value = value_of(digits);
  if (digits.size() != 4 || value < 1000) return english_cardinal(digits);
  const int century = value / 100;
  const int rest = value % 100;
  if (century % 10 == 0 && rest < 10) return english_cardinal(digits);  // 2000 to 2009
  if (rest == 0) return below_hundred(century) + " hundred";
  return below_hundred(century) + (rest < 10 ? " oh " : " ") + below_hundred(rest);
}

std::string english_short_code(std::string_view digits) {
  if (digits.front() == '0' || digits.size() > 4) return english_digits(digits);
  if (digits.size() == 4) {
    const bool is_round = digits.ends_with("000");
    return is_round ? english_cardinal(digits) : english_year(digits);
  }
  if (digits.size() < 3) return english_cardinal(digits);
  if (digits.ends_with("00")) return english_cardinal(digits);
  const int rest = value_of(digits.substr(1));
  return english_digits(digits.substr(0, 1)) + (rest < 10 ? " oh " : " ") + below_hundred(rest);
}

std::string english_number(const Number& number) {
  std::string words;
  if (number.sign == Number::Sign::minus) words = "minus ";
  if (number.sign == Number::Sign::plus) words = "plus ";
  if (!number.integer.empty()) words += english_cardinal(number.integer);
  if (number.fraction.empty()) return words;
  if (!number.integer.empty()) words += ' ';
  return (words += "point ") += english_digits(number.fraction);
}

std::string english_plural(std::string words) {
  constexpr std::array kSame =
      std::to_array<std::string_view>({"hertz", "yuan", "yen", "won", "feet"});
  for (const std::string_view same : kSame) {
    if (words.ends_with(same)) return words;
  }
  if (words.ends_with("foot")) return words.replace(words.size() - 4, 4, "feet");
  if (words.ends_with("inch") || words.ends_with('x') || words.ends_with('s')) return words + "es";
  const bool is_y = words.ends_with('y') && !words.ends_with("ay") && !words.ends_with("ey");
  if (is_y) return words.replace(words.size() - 1, 1, "ies");
  return words + "s";
}

}  // namespace parley::text
