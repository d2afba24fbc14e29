// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/french_numbers.h"

#include <array>
#include <cstddef>

namespace parley::text {
namespace {

constexpr std::array<std::string_view, 17> kSmall = {
    "zéro", "un",  "deux", "trois", "quatre", "cinq",     "six",    "sept", "huit",
    "neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze", "seize"};
constexpr std::array<std::string_view, 7> kTens = {"",         "dix",       "vingt",   "trente",
                                                   "quarante", "cinquante", "soixante"};
constexpr std::array<std::string_view, 5> kScales = {"", "mille", "million", "milliard", "billion"};
constexpr std::size_t kNamedDigitsMax = kScales.size() * 3;

std::string below_hundred(int value) {
  const auto v = static_cast<std::size_t>(value);
  if (v < kSmall.size()) return std::string(kSmall[v]);
  if (value < 20) return "dix-" + std::string(kSmall[v - 10]);
  if (value < 70) {
    std::string words(kTens[v / 10]);
    if (v % 10 == 1) return words + " et un";
    return v % 10 == 0 ? words : words + '-' + std::string(kSmall[v % 10]);
  }
  if (value == 71) return "soixante et onze";
  if (value < 80) return "soixante-" + below_hundred(value - 60);
  return value == 80 ? "quatre-vingts" : "quatre-vingt-" + below_hundred(value - 80);
}

/// `is_last`: nothing follows, so that "cents" and "vingts" have their s.
std::string below_thousand(int value, bool is_last) {
  std::string words;
  if (value >= 100) {
    if (value >= 200) (words = kSmall[static_cast<std::size_t>(value / 100)]) += ' ';
    words += "cent";
    if (value >= 200 && value % 100 == 0 && is_last) words += 's';
  }
  if (value % 100 != 0 || value == 0) {
    if (!words.empty()) words += ' ';
    words += below_hundred(value % 100);
  }
  if (!is_last && words.ends_with("vingts")) words.pop_back();
  return words;
}

}  // namespace

std::string french_cardinal(std::string_view digits, bool feminine) {
  digits = without_leading_zeros(digits);
  if (digits.size() > kNamedDigitsMax) return french_digits(digits);
  std::string words;
  while (!digits.empty()) {
    const std::size_t scale = (digits.size() - 1) / 3;
    const std::size_t size = digits.size() - scale * 3;
    const int value = value_of(digits.substr(0, size));
    digits.remove_prefix(size);
    if (value == 0 && (!words.empty() || !digits.empty())) continue;
    if (!words.empty()) words += ' ';
    if (scale != 1 || value != 1) words += below_thousand(value, scale != 1);
    if (scale == 0) break;
    if (!words.empty() && !words.ends_with(' ')) words += ' ';
    words += kScales[scale];
    if (scale > 1 && value > 1) words += 's';
  }
  if (feminine && words.ends_with("un")) words += 'e';
  return words;
}

std::string french_ordinal(std::string_view digits, bool feminine) {
  if (without_leading_zeros(digits) == "1") return feminine ? "première" : "premier";
  std::string words = french_cardinal(digits);
  if (words.ends_with("cinq")) return words + "uième";
  if (words.ends_with("neuf")) return words.replace(words.size() - 1, 1, "vième");
  if (words.ends_with('e')) words.pop_back();
  if (words.ends_with("vingts") || words.ends_with("cents")) words.pop_back();
  return words + "ième";
}

std::string french_digits(std::string_view digits) {
  std::string words;
  for (const char c : digits) {
    if (!words.empty()) words += ' ';
    words += kSmall[static_cast<std::size_t>(c - '0')];
  }
  return words;
}

std::string french_number(const Number& number) {
  std::string words;
  if (number.sign == Number::Sign::minus) words = "moins ";
  if (number.sign == Number::Sign::plus) words = "plus ";
  words += french_cardinal(number.integer.empty() ? "0" : std::string_view(number.integer));
  if (number.fraction.empty()) return words;
  // Short fractions are read as numbers, leading zeros one by one.
  words += " virgule";
  std::string_view rest = number.fraction;
  while (rest.size() > 1 && rest.front() == '0') {
    words += " zéro";
    rest.remove_prefix(1);
  }
  return words += ' ' + (rest.size() <= 3 ? french_cardinal(rest) : french_digits(rest));
}

}  // namespace parley::text
