// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/french.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "text/character.h"
#include "text/normalise/addresses.h"
#include "text/normalise/french_numbers.h"
#include "text/normalise/spelling.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

struct Pair {
  std::string_view written;
  std::string_view one;
  std::string_view many = {};  // where it is not `one` and an s
};

constexpr std::array<std::string_view, 12> kMonths = {
    "janvier", "février", "mars",      "avril",   "mai",      "juin",
    "juillet", "août",    "septembre", "octobre", "novembre", "décembre"};

constexpr std::array kMoney = std::to_array<Pair>({{"€", "euro"},
                                                   {"$", "dollar"},
                                                   {"£", "livre"},
                                                   {"¥", "yen", "yens"},
                                                   {"EUR", "euro"},
                                                   {"USD", "dollar"}});

constexpr std::array kUnits = std::to_array<Pair>({
    {"%", "pour cent", "pour cent"},
    {"km", "kilomètre"},
    {"m", "mètre"},
    {"cm", "centimètre"},
    {"mm", "millimètre"},
    {"kg", "kilogramme"},
    {"g", "gramme"},
    {"mg", "milligramme"},
    {"l", "litre"},
    {"L", "litre"},
    {"cl", "centilitre"},
    {"ml", "millilitre"},
    {"°C", "degré Celsius", "degrés Celsius"},
    {"°", "degré"},
    {"km/h", "kilomètre à l'heure", "kilomètres à l'heure"},
    {"m²", "mètre carré", "mètres carrés"},
    {"km²", "kilomètre carré", "kilomètres carrés"},
    {"m³", "mètre cube", "mètres cubes"},
    {"min", "minute"},
    {"h", "heure"},
    {"s", "seconde"},
    {"Go", "gigaoctet"},
    {"Mo", "mégaoctet"},
    {"Ko", "kilooctet"},
    {"kWh", "kilowattheure"},
    {"W", "watt"},
    {"V", "volt"},
    {"Hz", "hertz", "hertz"},
});

// With their full stop where French writes one ("M."), without where it does not ("Mme").
constexpr std::array kAbbreviations = std::to_array<Pair>({
    {"M.", "Monsieur"},
    {"MM.", "Messieurs"},
    {"Mme", "Madame"},
    {"Mmes", "Mesdames"},
    {"Mlle", "Mademoiselle"},
    {"Dr", "Docteur"},
    {"Dr.", "Docteur"},
    {"Pr", "Professeur"},
    {"Me", "Maître"},
    {"St", "Saint"},
    {"Ste", "Sainte"},
    {"n°", "numéro"},
    {"N°", "Numéro"},
    {"etc.", "et cetera"},
    {"p.", "page"},
    {"pp.", "pages"},
    {"av.", "avenue"},
    {"bd", "boulevard"},
    {"c.-à-d.", "c'est-à-dire"},
    {"ex.", "exemple"},
    {"env.", "environ"},
    {"vs", "contre"},
    {"&", "et"},
    {"+", "plus"},
    {"=", "égale"},
    {"@", "arobase"},
    {"×", "fois"},
});

std::string name_of(const Pair& pair, bool is_many) {
  if (!is_many) return std::string(pair.one);
  return pair.many.empty() ? std::string(pair.one) + 's' : std::string(pair.many);
}

/// French counts from two on as many: "1,5 kilomètre".
bool is_many(const Number& number) {
  return number.integer.size() > 1 || (number.integer.size() == 1 && number.integer >= "2");
}

bool is_feminine(std::string_view word) {
  return word.starts_with("heure") || word.starts_with("minute") || word.starts_with("seconde") ||
         word.starts_with("livre");
}

std::string with_name(const Number& number, const Pair& pair) {
  const std::string name = name_of(pair, is_many(number));
  std::string words = french_number(number);
  if (is_feminine(name) && number.is_whole()) words = french_cardinal(number.integer, true);
  const bool is_round = words.ends_with("million") || words.ends_with("millions") ||
                        words.ends_with("milliard") || words.ends_with("milliards");
  return words + (is_round && kMoney.begin() <= &pair && &pair < kMoney.end() ? " d'" : " ") + name;
}

const Pair* find(const auto& list, std::string_view written) {
  const auto found = std::ranges::find(list, written, &Pair::written);
  return found != list.end() ? &*found : nullptr;
}

struct Said {
  std::string words;
  std::size_t tokens = 1;
};

/// The number from the place on, with the spaces that group it: "1 234 567". `size`: tokens.
std::string grouped(const Place& place, std::size_t& size) {
  std::string digits(place.token().core);
  size = 1;
  const bool may_group = is_all_digits(digits) && digits.size() <= 3 && digits.front() != '0';
  while (may_group && place.follows(size) && size < 5) {
    const std::string_view next = place.token(size).core;
    const std::size_t whole = std::min(next.find(','), next.size());
    const bool is_group = whole == 3 && is_all_digits(next.substr(0, 3));
    const bool has_rest = whole == next.size() || is_all_digits(next.substr(whole + 1));
    if (!is_group || !has_rest) break;
    digits += next;
    ++size;
    if (whole < next.size()) break;
  }
  return digits;
}

/// "5,99 €" is "cinq euros quatre-vingt-dix-neuf".
std::string money(const Number& number, const Pair& currency) {
  if (number.fraction.size() != 2) return with_name(number, currency);
  Number whole = number;
  whole.fraction.clear();
  const std::string cents = french_cardinal(number.fraction);
  if (number.fraction == "00") return with_name(whole, currency);
  if (number.integer == "0") return cents + (number.fraction == "01" ? " centime" : " centimes");
  return with_name(whole, currency) + ' ' + cents;
}

std::optional<Said> quantity(const Place& place) {
  std::size_t size = 1;
  std::string core = grouped(place, size);
  const Pair* sign = nullptr;
  for (const Pair& currency : kMoney) {
    if (core.starts_with(currency.written)) sign = &currency;
  }
  if (sign != nullptr) core.erase(0, sign->written.size());
  const std::size_t length = number_length(core, {",", ""});
  if (length == 0) return std::nullopt;
  const Number number = *parse_number(std::string_view(core).substr(0, length), {",", ""});
  const std::string_view rest = std::string_view(core).substr(length);
  if (sign != nullptr)
    return rest.empty() ? std::optional(Said{money(number, *sign), size}) : std::nullopt;
  if (!rest.empty()) {
    if (const Pair* currency = find(kMoney, rest)) return Said{money(number, *currency), size};
    if (const Pair* unit = find(kUnits, rest)) return Said{with_name(number, *unit), size};
    const bool is_ordinal = rest == "e" || rest == "è" || rest == "ème" || rest == "eme";
    if (is_ordinal && number.is_whole()) return Said{french_ordinal(number.integer), size};
    if (rest == "er" && number.integer == "1") return Said{"premier", size};
    if ((rest == "re" || rest == "ère") && number.integer == "1") return Said{"première", size};
    return std::nullopt;
  }
  const std::string_view next = place.word(size);
  const bool has_scale =
      next == "million" || next == "millions" || next == "milliard" || next == "milliards";
  const std::string_view name = has_scale ? place.word(size + 1) : next;
  if (const Pair* currency = find(kMoney, name)) {
    if (has_scale) {
      const std::string scaled = french_number(number) + ' ' + std::string(next);
      const bool is_vowel = currency->one.starts_with('e');
      return Said{scaled + (is_vowel ? " d'" : " de ") + name_of(*currency, true), size + 2};
    }
    return Said{money(number, *currency), size + 1};
  }
  const bool is_word = next == "h" || next == "s" || next == "m" || next == "l" || next == "V";
  if (const Pair* unit = is_word ? nullptr : find(kUnits, next)) {
    return Said{with_name(number, *unit), size + 1};
  }
  const bool is_code =
      number.is_whole() && number.integer.size() > 1 && number.integer.front() == '0';
  if (is_code) return Said{french_digits(number.integer), size};
  return Said{french_number(number), size};
}

/// "17h30", "9 h 15", "17:30", "8h".
std::optional<Said> time(const Place& place) {
  std::string text(place.token().core);
  std::size_t size = 1;
  if (is_all_digits(text) && text.size() <= 2 && place.word(1) == "h") {
    text += 'h';
    size = 2;
    const std::string_view minutes = place.word(2);
    if (minutes.size() == 2 && is_all_digits(minutes)) {
      text += minutes;
      size = 3;
    }
  }
  const std::size_t mark = text.find_first_of("h:");
  if (mark == std::string::npos || mark > 2) return std::nullopt;
  const std::string_view hour = std::string_view(text).substr(0, mark);
  const std::string_view minute = std::string_view(text).substr(mark + 1);
  if (!is_all_digits(hour) || value_of(hour) > 24) return std::nullopt;
  const bool has_minute = minute.size() == 2 && is_all_digits(minute) && value_of(minute) < 60;
  if (!has_minute && !(minute.empty() && text[mark] == 'h')) return std::nullopt;
  std::string words = french_cardinal(hour, true) + (value_of(hour) > 1 ? " heures" : " heure");
  if (has_minute && minute != "00") words += ' ' + french_cardinal(minute, true);
  return Said{words, size};
}

/// "14/03/2025".
std::optional<Said> date(std::string_view core) {
  const std::size_t first = core.find('/');
  const std::size_t second = core.find('/', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view day = core.substr(0, first);
  const std::string_view month = core.substr(first + 1, second - first - 1);
  const std::string_view year = core.substr(second + 1);
  if (!is_all_digits(day) || !is_all_digits(month) || !is_all_digits(year)) return std::nullopt;
  const int m = value_of(month);
  if (value_of(day) < 1 || value_of(day) > 31 || m < 1 || m > 12 || year.size() != 4) {
    return std::nullopt;
  }
  const std::string number = value_of(day) == 1 ? "premier" : french_cardinal(day);
  return Said{number + ' ' + std::string(kMonths[static_cast<std::size_t>(m - 1)]) + ' ' +
              french_cardinal(year)};
}

std::optional<Said> numeric(const Place& place) {
  if (auto words = date(place.token().core)) return words;
  if (auto words = time(place)) return words;
  if (auto words = quantity(place)) return words;
  const std::string_view core = place.token().core;
  for (const std::string_view dash : {"-", "–"}) {
    const std::size_t at = core.find(dash, 1);
    if (at == std::string_view::npos) continue;
    const std::string_view from = core.substr(0, at);
    const std::string_view to = core.substr(at + dash.size());
    if (is_all_digits(from) && is_all_digits(to)) {
      return Said{french_cardinal(from) + " à " + french_cardinal(to)};
    }
  }
  return std::nullopt;
}

/// Letters, digits and signs one run after the other.
std::string code(std::string_view core) {
  std::string words;
  for (std::size_t at = 0; at < core.size();) {
    std::size_t end = at;
    while (end < core.size() && is_digit(core[end])) ++end;
    const bool is_number = end > at;
    while (!is_number && end < core.size() && !is_digit(core[end])) ++end;
    const std::string_view run = core.substr(at, end - at);
    if (!words.empty()) words += ' ';
    words += is_number ? (run.size() <= 4 && run.front() != '0' ? french_cardinal(run)
                                                                : french_digits(run))
                       : std::string(run);
    at = end;
  }
  return words;
}

}  // namespace

Reading read_french(const Place& place, Words& words) {
  const Token& token = place.token();
  constexpr AddressWords kWords{"point", "arobase", "slash", "tiret"};
  if (auto address = spoken_address(token.core, kWords)) {
    say(words, place, 0, 1, *std::move(address));
    return {1};
  }
  if (std::ranges::any_of(token.core, is_digit)) {
    if (const std::optional<Said> said = numeric(place)) {
      say(words, place, 0, said->tokens, said->words);
      return {said->tokens};
    }
    say(words, place, 0, 1, code(token.core));
    return {1};
  }
  const bool has_dot = token.trail.starts_with('.');
  if (const Pair* known = find(kAbbreviations, token.core)) {
    say(words, place, 0, 1, std::string(known->one));
    return {1};
  }
  if (const Pair* known = has_dot ? find(kAbbreviations, std::string(token.core) + '.') : nullptr) {
    say(words, place, 0, 1, std::string(known->one));
    return {1, true};
  }
  const bool is_dash = token.core == "-" || token.core == "–" || token.core == "—";
  if (is_dash) return {1};
  const bool is_acronym =
      token.core.size() >= 2 && token.core.size() <= 4 && std::ranges::all_of(token.core, is_upper);
  const bool has_vowel = token.core.find_first_of("AEIOUY") != std::string_view::npos;
  say(words, place, 0, 1,
      is_acronym && (!has_vowel || token.core.size() <= 3) ? spelled_letters(token.core)
                                                           : std::string(token.core));
  return {1};
}

}  // namespace parley::text
