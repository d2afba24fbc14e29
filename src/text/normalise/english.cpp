// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "text/character.h"
#include "text/normalise/addresses.h"
#include "text/normalise/english_codes.h"
#include "text/normalise/english_dates.h"
#include "text/normalise/english_money.h"
#include "text/normalise/english_phones.h"
#include "text/normalise/english_quantities.h"
#include "text/normalise/english_ranges.h"
#include "text/normalise/english_symbols.h"
#include "text/normalise/english_times.h"
#include "text/normalise/english_words.h"

namespace parley::text {
namespace {

Reading read_address(const Place& place, Words& words) {
  std::optional<std::string> spoken = spoken_address(place.token().core);
  if (!spoken) return {};
  say(words, place, 0, 1, *std::move(spoken));
  return {1};
}

Reading read_quantity_of(std::optional<Quantity> quantity, const Place& place, Words& words) {
  if (!quantity) return {};
  say(words, place, 0, quantity->reading.tokens, std::move(quantity->spoken));
  return quantity->reading;
}

Reading read_time(const Place& place, Words& words) {
  return read_quantity_of(english_time(place.token().core, place), place, words);
}

Reading read_money(const Place& place, Words& words) {
  return read_quantity_of(english_money(place.token().core, place), place, words);
}

/// "mid-1990s", "sub-5%": a word and a number.
Reading read_compound(const Place& place, Words& words) {
  const std::string_view core = place.token().core;
  const std::size_t dash = core.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == core.size()) return {};
  const bool is_word = dash > 1 && std::ranges::all_of(core.substr(0, dash), is_lower);
  if (!is_word || !is_digit(core[dash + 1])) return {};
  const Place alone{place.tokens.subspan(place.at, 1), 0};
  const std::optional<Quantity> quantity = english_quantity(core.substr(dash + 1), alone);
  if (!quantity) return {};
  say(words, place, 0, 1, std::string(core.substr(0, dash + 1)) + quantity->spoken);
  return {1};
}

// The more a kind demands of its looks the earlier it comes.
constexpr std::array<Rule, 11> kNumberRules = {
    read_address,        read_english_date,    read_english_phone, read_time,
    read_money,          read_english_version, read_english_range, read_english_quantity,
    read_english_symbol, read_english_roman,   read_compound};
constexpr std::array<Rule, 8> kWordRules = {
    read_english_date, read_english_roman,  read_english_abbreviation, read_english_initials,
    read_money,        read_english_symbol, read_english_plain_word,   read_address};

bool is_numeric(std::string_view core) {
  return std::ranges::any_of(core, is_digit) ||
         (is_beyond_ascii(core.front()) &&
          (core.starts_with("½") || core.starts_with("¼") || core.starts_with("¾") ||
           core.starts_with("⅓") || core.starts_with("⅔") || core.starts_with("⅛")));
}

Reading read_by(const auto& rules, const Place& place, Words& words) {
  for (const Rule rule : rules) {
    if (const Reading reading = rule(place, words); reading.tokens > 0) return reading;
  }
  return {};
}

}  // namespace

Reading read_english(const Place& place, Words& words) {
  const std::string_view core = place.token().core;
  const Reading reading =
      is_numeric(core) ? read_by(kNumberRules, place, words) : read_by(kWordRules, place, words);
  if (reading.tokens > 0) return reading;
  say(words, place, 0, 1, english_code(core));
  return {1};
}

}  // namespace parley::text
