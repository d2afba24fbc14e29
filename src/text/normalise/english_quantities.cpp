// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_quantities.h"

#include <algorithm>
#include <array>

#include "text/character.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/english_units.h"

namespace parley::text {
namespace {

bool is_in(const auto& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

std::optional<std::string> ordinal(const Number& number, std::string_view rest) {
  const std::string suffix = lowered(rest);
  const bool is_suffix = suffix == "st" || suffix == "nd" || suffix == "rd" || suffix == "th";
  if (!is_suffix || !number.is_whole() || number.sign != Number::Sign::none) return std::nullopt;
  return english_ordinal(number.integer);
}

/// "1990s", "90s", "2010's".
std::optional<std::string> decade(std::string_view digits, std::string_view rest) {
  const bool is_plural = rest == "s" || rest == "'s" || rest == "’s";
  if (!is_plural || !is_all_digits(digits) || !digits.ends_with('0')) return std::nullopt;
  if (digits.size() == 2) return english_plural(english_cardinal(digits));
  if (digits.size() == 4) return english_plural(english_year(digits));
  return std::nullopt;
}

struct Glyph {
  std::string_view glyph;
  int numerator;
  int denominator;
};
constexpr std::array kGlyphs = std::to_array<Glyph>({{"½", 1, 2},
                                                     {"⅓", 1, 3},
                                                     {"⅔", 2, 3},
                                                     {"¼", 1, 4},
                                                     {"¾", 3, 4},
                                                     {"⅕", 1, 5},
                                                     {"⅖", 2, 5},
                                                     {"⅗", 3, 5},
                                                     {"⅘", 4, 5},
                                                     {"⅙", 1, 6},
                                                     {"⅚", 5, 6},
                                                     {"⅛", 1, 8},
                                                     {"⅜", 3, 8},
                                                     {"⅝", 5, 8},
                                                     {"⅞", 7, 8}});

std::string fraction_words(int numerator, int denominator) {
  std::string part = denominator == 2   ? "half"
                     : denominator == 4 ? "quarter"
                                        : english_ordinal(denominator);
  if (numerator != 1) part = denominator == 2 ? "halves" : english_plural(part);
  return english_cardinal(numerator) + ' ' + part;
}

/// "3/4", "½".
std::optional<std::string> fraction(std::string_view text) {
  if (const auto glyph = std::ranges::find(kGlyphs, text, &Glyph::glyph); glyph != kGlyphs.end()) {
    return fraction_words(glyph->numerator, glyph->denominator);
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view over = text.substr(0, slash);
  const std::string_view under = text.substr(slash + 1);
  if (!is_all_digits(over) || !is_all_digits(under) || over.front() == '0' ||
      under.front() == '0') {
    return std::nullopt;
  }
  if (over.size() > 3 || under.size() > 3) return std::nullopt;
  const int numerator = value_of(over);
  const int denominator = value_of(under);
  constexpr std::array kDenominators = {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 32, 64, 100};
  const bool has_name = std::ranges::find(kDenominators, denominator) != kDenominators.end();
  if (has_name && numerator < denominator) return fraction_words(numerator, denominator);
  // "24/7", "9/11", "20/20"; a slash that divides is rare.
  return english_cardinal(numerator) + ' ' + english_cardinal(denominator);
}

/// "1½", "5½": what follows the whole number.
std::string mixed(std::string_view whole, std::string fraction_part) {
  if (fraction_part.starts_with("one ")) fraction_part.replace(0, 3, "a");
  return english_cardinal(whole) + " and " + fraction_part;
}

std::optional<std::string> magnitude(const Number& number, std::string_view rest) {
  std::string_view scale;
  if (rest == "k") scale = "thousand";
  if (rest == "M" || rest == "mn") scale = "million";
  if (rest == "B" || rest == "bn") scale = "billion";
  if (rest == "tn") scale = "trillion";
  if (scale.empty()) return std::nullopt;
  return english_number(number) + ' ' + std::string(scale);
}

/// A unit in the next token: "5 km", "5 ft. tall", "20 °C".
std::optional<Quantity> with_next_unit(const Number& number, const Place& place) {
  const std::string_view next = place.word(1);
  if (next.empty()) return std::nullopt;
  const Token& token = place.token(1);
  if (next == "%") return Quantity{english_number(number) + " percent", {2}};
  if ((next == "°" || next == "º") && (place.word(2) == "C" || place.word(2) == "F")) {
    const std::string symbol = "°" + std::string(place.word(2));
    return Quantity{english_number(number) + ' ' + *english_unit(symbol, number.is_one(), false),
                    {3}};
  }
  const bool is_inch = next == "in" && token.trail.starts_with('.');
  if (auto unit = english_unit(next, number.is_one(), !is_inch)) {
    const bool has_dot = token.trail.starts_with('.') && lowered(next) == next && next.size() <= 4;
    return Quantity{english_number(number) + ' ' + *unit, {2, has_dot}};
  }
  if (next == "sq" && token.trail == "." && place.follows_dot(2)) {
    const Token& what = place.token(2);
    if (auto unit = english_unit(what.core, number.is_one(), false)) {
      return Quantity{english_number(number) + " square " + *unit,
                      {3, what.trail.starts_with('.')}};
    }
  }
  return std::nullopt;
}

/// `6'2"`, `5'`, `27"`: the marks are in the token's trail unless more digits follow.
std::optional<std::string> feet_and_inches(std::string_view core, std::string_view trail) {
  constexpr std::array kPrimes = std::to_array<std::string_view>({"'", "′", "’"});
  std::size_t prime = std::string_view::npos;
  std::size_t prime_size = 0;
  for (const std::string_view mark : kPrimes) {
    if (prime != std::string_view::npos) break;
    prime = core.find(mark);
    prime_size = mark.size();
  }
  const std::string_view feet = core.substr(0, prime);
  if (prime == std::string_view::npos || !is_all_digits(feet) || feet.size() > 3) {
    return std::nullopt;
  }
  const std::string words = english_cardinal(feet) + (feet == "1" ? " foot" : " feet");
  const std::string_view inches = core.substr(prime + prime_size);
  if (!is_all_digits(inches) || inches.size() > 2 || value_of(inches) > 11) return std::nullopt;
  if (!trail.starts_with('"') && !trail.starts_with("”") && !trail.starts_with("″")) {
    return std::nullopt;
  }
  return words + ' ' + english_cardinal(inches) + (inches == "1" ? " inch" : " inches");
}

constexpr std::array kBeforeYear = std::to_array<std::string_view>(
    {"in",       "since",    "by",       "until",  "till",   "from",   "before", "after",
     "year",     "of",       "during",   "circa",  "around", "to",     "early",  "late",
     "mid",      "class",    "spring",   "summer", "fall",   "autumn", "winter", "january",
     "february", "march",    "april",    "may",    "june",   "july",   "august", "september",
     "october",  "november", "december", "jan",    "feb",    "mar",    "apr",    "jun",
     "jul",      "aug",      "sep",      "sept",   "oct",    "nov",    "dec",    "fy"});
constexpr std::array kBeforeShortCode = std::to_array<std::string_view>(
    {"room",       "suite",   "apartment", "apt",   "flight", "route",  "highway",
     "interstate", "hwy",     "rte",       "bus",   "gate",   "unit",   "extension",
     "ext",        "channel", "psalm",     "error", "boeing", "airbus", "form"});
constexpr std::array kBeforeCode = std::to_array<std::string_view>(
    {"code", "pin", "id", "serial", "account", "zip", "postcode", "tracking", "confirmation",
     "isbn", "passcode", "password", "dial", "call", "order", "ticket", "invoice", "reference",
     "case"});
constexpr std::array kCounted = std::to_array<std::string_view>(
    {"people", "men", "women", "children", "feet", "percent", "million", "billion", "thousand",
     "sheep", "fish", "square", "cubic"});
constexpr std::array kVerbs = std::to_array<std::string_view>(
    {"was",  "is",     "has",    "as",     "its",     "this", "us",     "does",  "his", "across",
     "plus", "versus", "unless", "always", "perhaps", "sees", "brings", "marks", "saw", "thus"});

/// Whether what follows a number is what it counts: a plural.
bool is_counted(std::string_view next) {
  if (is_in(kCounted, next)) return true;
  return next.size() > 3 && next.ends_with('s') && is_lower(next.front()) && !is_in(kVerbs, next);
}

bool may_be_year(std::string_view digits) {
  if (digits.size() != 4) return false;
  const int value = value_of(digits);
  return value >= 1100 && value < 2100;
}

}  // namespace

std::string english_plain_number(std::string_view digits, const Place& place) {
  const std::string before = place.previous();
  const std::string before_number =  // "order no. 12345", "code: 12345"
      place.at > 1 && (before == "number" || before == "no" || before == "#")
          ? Place{place.tokens, place.at - 1}.previous()
          : std::string();
  constexpr std::array kIs = std::to_array<std::string_view>({"is", "was"});
  constexpr std::array kSecret =
      std::to_array<std::string_view>({"pin", "code", "passcode", "password", "id", "extension"});
  const bool is_secret = place.at > 1 && is_in(kIs, before) &&
                         is_in(kSecret, Place{place.tokens, place.at - 1}.previous());
  if (digits.size() >= 3 && is_secret) return english_digits(digits);
  if (digits.size() > 1 && digits.front() == '0') return english_digits(digits);
  if (digits == "911" || digits == "411" || digits == "311") return english_digits(digits);
  if (digits.size() >= 3 && (is_in(kBeforeCode, before) || is_in(kBeforeCode, before_number))) {
    return english_digits(digits);
  }
  if (digits.size() >= 3 && is_in(kBeforeShortCode, before)) return english_short_code(digits);
  if (digits.size() == 4 && is_in(kBeforeYear, before) && !is_counted(place.word(1))) {
    return english_year(digits);
  }
  if (may_be_year(digits) && !is_counted(place.word(1))) return english_year(digits);
  if (digits.size() >= 10) return english_digits(digits);  // nobody counts so far without commas
  return english_cardinal(digits);
}

std::optional<Quantity> english_quantity(std::string_view core, const Place& place) {
  const std::string_view trail = place.token().trail;
  if (auto words = feet_and_inches(core, trail)) return Quantity{*words, {1}};
  if (auto words = fraction(core)) return Quantity{*words, {1}};
  const std::size_t length = number_length(core);
  if (length == 0) return std::nullopt;
  const std::string_view digits = core.substr(0, length);
  const std::string_view rest = core.substr(length);
  const Number number = *parse_number(digits);
  if (rest.empty()) {
    if (auto quantity = with_next_unit(number, place)) return quantity;
    if (is_all_digits(digits) && !place.word(1).empty()) {  // "1 1/2 cups", "1 ½"
      const std::string_view next = place.word(1);
      const bool is_part =
          next.find('/') != std::string_view::npos || is_beyond_ascii(next.front());
      const std::optional<std::string> part = is_part ? fraction(next) : std::nullopt;
      if (part &&
          (part->find(" half") != std::string::npos || part->find("th") != std::string::npos ||
           part->find("quarter") != std::string::npos ||
           part->find("third") != std::string::npos)) {
        return Quantity{mixed(digits, *part), {2}};
      }
    }
    return Quantity{
        is_all_digits(digits) ? english_plain_number(digits, place) : english_number(number), {1}};
  }
  if (rest == "%") return Quantity{english_number(number) + " percent", {1}};
  if (rest == "‰") return Quantity{english_number(number) + " per mille", {1}};
  if (rest == "¢") {
    return Quantity{english_number(number) + (number.is_one() ? " cent" : " cents"), {1}};
  }
  if (auto words = ordinal(number, rest)) return Quantity{*words, {1}};
  if (auto words = decade(digits, rest)) return Quantity{*words, {1}};
  if (is_all_digits(digits) && is_beyond_ascii(rest.front())) {
    if (auto part = fraction(rest)) return Quantity{mixed(digits, *part), {1}};
  }
  if (auto words = magnitude(number, rest)) return Quantity{*words, {1}};
  const std::string_view unit_symbol = rest.starts_with('-') ? rest.substr(1) : rest;
  const bool is_one = number.is_one() || rest.starts_with('-');  // "a 5-km run"
  if (auto unit = english_unit(unit_symbol, is_one, false)) {
    const bool has_dot =
        trail.starts_with('.') && unit_symbol.size() <= 3 && is_lower(unit_symbol.front());
    return Quantity{english_number(number) + (rest.front() == '-' ? "-" : " ") + *unit,
                    {1, has_dot}};
  }
  if (rest == "x" || rest == "X") return Quantity{english_number(number) + " times", {1}};
  return std::nullopt;
}

Reading read_english_quantity(const Place& place, Words& words) {
  const Token& token = place.token();
  // "the '90s"
  if (auto years =
          token.lead.ends_with('\'') || token.lead.ends_with("’") || token.lead.ends_with("‘")
              ? decade(token.core.substr(0, 2),
                       token.core.substr(std::min<std::size_t>(2, token.core.size())))
              : std::nullopt) {
    say(words, place, 0, 1, *years);
    return {1};
  }
  std::optional<Quantity> quantity = english_quantity(token.core, place);
  if (!quantity) return {};
  say(words, place, 0, quantity->reading.tokens, std::move(quantity->spoken));
  return quantity->reading;
}

}  // namespace parley::text
