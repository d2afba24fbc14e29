// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/integer_range_grammar.h"

#include <string_view>
#include <vector>

#include "base/check.h"

namespace parley::backend {
namespace {

using Alternatives = std::vector<std::string>;

std::string digit_class(char low, char high) {
  if (low == high) return std::string("\"") + low + "\"";
  return std::string("[") + low + "-" + high + "]";
}

std::string digits(std::size_t count) {
  if (count == 0) return "";
  if (count == 1) return " [0-9]";
  return " [0-9]{" + std::to_string(count) + "}";
}

std::string join(const std::string& prefix, const std::string& rest) {
  if (prefix.empty()) return rest;
  return "\"" + prefix + "\" " + rest;
}

/// Numbers of equal length from `low` to `high`, all of which begin with `prefix`.
void add_same_length(const std::string& prefix, std::string_view low, std::string_view high,
                     Alternatives& out) {
  const std::size_t rest = low.size() - 1;
  const std::string_view low_rest = low.substr(1);
  const std::string_view high_rest = high.substr(1);
  const bool low_is_open = low_rest.find_first_not_of('0') == std::string_view::npos;
  const bool high_is_open = high_rest.find_first_not_of('9') == std::string_view::npos;
  if (low[0] == high[0] && rest > 0 && !(low_is_open && high_is_open)) {
    add_same_length(prefix + low[0], low_rest, high_rest, out);
    return;
  }
  char first = low[0];
  char last = high[0];
  if (!low_is_open) {
    add_same_length(prefix + first, low_rest, std::string(rest, '9'), out);
    ++first;
  }
  const bool has_partial_end = !high_is_open;
  if (has_partial_end) --last;
  if (first <= last) out.push_back(join(prefix, digit_class(first, last) + digits(rest)));
  if (has_partial_end) add_same_length(prefix + high[0], std::string(rest, '0'), high_rest, out);
}

/// 0 <= low <= high.
void add_natural(const std::string& sign, std::int64_t low, std::int64_t high, Alternatives& out) {
  const std::string last = std::to_string(high);
  std::string first = std::to_string(low);
  while (first.size() < last.size()) {
    add_same_length(sign, first, std::string(first.size(), '9'), out);
    first = "1" + std::string(first.size(), '0');
  }
  add_same_length(sign, first, last, out);
}

}  // namespace

std::string grammar_of_range(std::int64_t low, std::int64_t high) {
  PARLEY_CHECK(-kIntegerMax <= low && low <= high && high <= kIntegerMax);
  Alternatives alternatives;
  if (low < 0) {
    const std::int64_t nearest = high < 0 ? -high : 1;
    add_natural("-", nearest, -low, alternatives);
  }
  if (high >= 0) add_natural("", low > 0 ? low : 0, high, alternatives);
  std::string expression;
  for (const std::string& one : alternatives) {
    if (!expression.empty()) expression += " | ";
    expression += one;
  }
  return expression;
}

}  // namespace parley::backend
