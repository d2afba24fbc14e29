// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_ranges.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "text/character.h"
#include "text/normalise/english_money.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/english_quantities.h"
#include "text/normalise/english_times.h"

namespace parley::text {
namespace {

struct Ends {
  std::string_view from;
  std::string_view to;
  bool is_hyphen = false;
};

/// Both sides of the only dash, if each begins like a number.
std::optional<Ends> ends_of(std::string_view core) {
  const auto is_number_begin = [](std::string_view text) {
    const std::size_t sign = money_sign_length(text);
    return text.size() > sign && is_digit(text[sign]);
  };
  std::size_t dash = core.find("–");
  std::size_t size = 3;
  if (dash == std::string_view::npos) {
    dash = core.find('-', 1);
    size = 1;
  }
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const Ends ends{core.substr(0, dash), core.substr(dash + size), size == 1};
  const bool has_more = ends.to.find('-') != std::string_view::npos && !is_letter(ends.to.back());
  if (has_more || !is_number_begin(ends.from) || !is_number_begin(ends.to)) return std::nullopt;
  return ends;
}

bool is_year(std::string_view digits) {
  return digits.size() == 4 && is_all_digits(digits) && value_of(digits) >= 1000 &&
         value_of(digits) < 2100;
}

/// "1990-1995", "1990-95".
std::optional<std::string> years(const Ends& ends) {
  if (!is_year(ends.from)) return std::nullopt;
  if (is_year(ends.to) && value_of(ends.to) > value_of(ends.from)) {
    return english_year(ends.from) + " to " + english_year(ends.to);
  }
  const bool is_short = ends.to.size() == 2 && is_all_digits(ends.to) &&
                        value_of(ends.to) > value_of(ends.from.substr(2));
  if (!is_short) return std::nullopt;
  return english_year(ends.from) + " to " + (ends.to.front() == '0' ? "oh " : "") +
         english_cardinal(ends.to);
}

/// The side before the dash: a number, a time, or money whose currency is said at the end.
std::optional<std::string> first_side(std::string_view from) {
  const std::size_t sign = money_sign_length(from);
  const std::string_view rest = from.substr(sign);
  if (from.find(':') != std::string_view::npos) return english_clock(from);
  const std::size_t length = number_length(rest);
  if (length == 0 || length != rest.size()) return std::nullopt;
  return english_number(*parse_number(rest));
}

}  // namespace

Reading read_english_range(const Place& place, Words& words) {
  const std::string_view core = place.token().core;
  const std::optional<Ends> ends = ends_of(core);
  if (!ends) return {};
  if (auto spoken = years(*ends)) {
    say(words, place, 0, 1, *std::move(spoken));
    return {1};
  }
  const bool has_zeros =
      ends->from.size() > 1 && ends->from.front() == '0' && is_digit(ends->from[1]);
  if (has_zeros) return {};  // a code
  // What is behind the dash may have a unit, which is of both.
  std::optional<Quantity> last;
  const std::size_t sign = money_sign_length(ends->from);
  if (auto time = english_time(ends->to, place);
      time && (ends->to.find(':') != std::string_view::npos || time->spoken.ends_with("M."))) {
    last = time;
  } else if (sign > 0 && money_sign_length(ends->to) == 0) {
    last = english_money(std::string(ends->from.substr(0, sign)) + std::string(ends->to), place);
  } else if (auto money = english_money(ends->to, place)) {
    last = money;
  } else {
    const bool is_plain = is_all_digits(ends->to);
    last = english_quantity(ends->to, place);
    if (last && is_plain && last->reading.tokens == 1) last->spoken = english_cardinal(ends->to);
  }
  std::optional<std::string> first = first_side(ends->from);
  if (!first) {
    // "9am-5pm", "5%-10%", "5km-10km"
    const Place alone{place.tokens.subspan(place.at, 1), 0};
    std::optional<Quantity> own = english_time(ends->from, alone);
    if (!own) own = english_money(ends->from, alone);
    if (!own) own = english_quantity(ends->from, alone);
    if (own) first = own->spoken;
  }
  if (!first || !last) return {};
  const bool is_even = ends->is_hyphen && ends->from == ends->to && value_of(ends->from) >= 20;
  say(words, place, 0, last->reading.tokens,
      *first + (is_even ? " " : " to ") + last->spoken);  // "fifty fifty"
  return last->reading;
}

}  // namespace parley::text
