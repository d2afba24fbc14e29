// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/number.h"

#include <algorithm>

#include "text/character.h"

namespace parley::text {
namespace {

constexpr std::string_view kMinus = "−";  // U+2212

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

}  // namespace

std::size_t number_length(std::string_view text, NumberMarks marks) {
  std::size_t at = 0;
  if (text.starts_with('-') || text.starts_with('+')) at = 1;
  if (text.starts_with(kMinus)) at = kMinus.size();
  const std::size_t first = digits_at(text, at);
  at += first;
  if (first > 0 && first <= 3) {
    while (!marks.group.empty() && text.substr(at).starts_with(marks.group) &&
           digits_at(text, at + marks.group.size()) == 3) {
      at += marks.group.size() + 3;
    }
  }
  if (text.substr(at).starts_with(marks.point)) {
    const std::size_t fraction = digits_at(text, at + marks.point.size());
    if (fraction > 0) return at + marks.point.size() + fraction;
  }
  return first > 0 ? at : 0;
}

std::optional<Number> parse_number(std::string_view text, NumberMarks marks) {
  if (text.empty() || number_length(text, marks) != text.size()) return std::nullopt;
  Number number;
  if (text.starts_with(kMinus)) {
    number.sign = Number::Sign::minus;
    text.remove_prefix(kMinus.size());
  } else if (text.front() == '-' || text.front() == '+') {
    number.sign = text.front() == '-' ? Number::Sign::minus : Number::Sign::plus;
    text.remove_prefix(1);
  }
  const std::size_t point = text.find(marks.point);
  for (const char c : text.substr(0, point)) {
    if (is_digit(c)) {
      number.integer += c;
    } else {
      number.is_grouped = true;
    }
  }
  if (point != std::string_view::npos) number.fraction = text.substr(point + marks.point.size());
  return number;
}

bool is_all_digits(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

int value_of(std::string_view digits) noexcept {
  int value = 0;
  for (const char c : digits.substr(0, 9)) value = value * 10 + (c - '0');
  return value;
}

std::string_view without_leading_zeros(std::string_view digits) noexcept {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

}  // namespace parley::text
