// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_money.h"

#include <algorithm>
#include <array>
#include <string>

#include "text/character.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/english_units.h"

namespace parley::text {
namespace {

struct Currency {
  std::string_view sign;
  std::string_view one;
  std::string_view many;
  std::string_view cent;  // empty: it has none that one speaks of
  std::string_view cents;
};

// Longer signs first where one begins with another.
constexpr std::array kSigns = std::to_array<Currency>({
    {"US$", "U.S. dollar", "U.S. dollars", "cent", "cents"},
    {"AU$", "Australian dollar", "Australian dollars", "cent", "cents"},
    {"CA$", "Canadian dollar", "Canadian dollars", "cent", "cents"},
    {"HK$", "Hong Kong dollar", "Hong Kong dollars", "cent", "cents"},
    {"NZ$", "New Zealand dollar", "New Zealand dollars", "cent", "cents"},
    {"NT$", "New Taiwan dollar", "New Taiwan dollars", "cent", "cents"},
    {"A$", "Australian dollar", "Australian dollars", "cent", "cents"},
    {"C$", "Canadian dollar", "Canadian dollars", "cent", "cents"},
    {"S$", "Singapore dollar", "Singapore dollars", "cent", "cents"},
    {"R$", "real", "reals", "centavo", "centavos"},
    {"$", "dollar", "dollars", "cent", "cents"},
    {"£", "pound", "pounds", "penny", "pence"},
    {"€", "euro", "euros", "cent", "cents"},
    {"¥", "yen", "yen", "", ""},
    {"￥", "yen", "yen", "", ""},
    {"₹", "rupee", "rupees", "paisa", "paise"},
    {"₩", "won", "won", "", ""},
    {"₽", "ruble", "rubles", "kopeck", "kopecks"},
    {"₺", "lira", "lira", "", ""},
    {"₿", "bitcoin", "bitcoins", "", ""},
});
constexpr std::array kCodes = std::to_array<Currency>({
    {"USD", "U.S. dollar", "U.S. dollars", "cent", "cents"},
    {"EUR", "euro", "euros", "cent", "cents"},
    {"GBP", "British pound", "British pounds", "penny", "pence"},
    {"JPY", "yen", "yen", "", ""},
    {"CNY", "yuan", "yuan", "", ""},
    {"RMB", "yuan", "yuan", "", ""},
    {"CHF", "Swiss franc", "Swiss francs", "", ""},
    {"CAD", "Canadian dollar", "Canadian dollars", "cent", "cents"},
    {"AUD", "Australian dollar", "Australian dollars", "cent", "cents"},
    {"INR", "rupee", "rupees", "", ""},
    {"MXN", "Mexican peso", "Mexican pesos", "", ""},
});

std::string_view scale_of(std::string_view suffix) {
  struct Scale {
    std::string_view suffix;
    std::string_view name;
  };
  constexpr std::array kScales = std::to_array<Scale>({{"k", "thousand"},
                                                       {"K", "thousand"},
                                                       {"m", "million"},
                                                       {"M", "million"},
                                                       {"mn", "million"},
                                                       {"mm", "million"},
                                                       {"MM", "million"},
                                                       {"b", "billion"},
                                                       {"B", "billion"},
                                                       {"bn", "billion"},
                                                       {"bln", "billion"},
                                                       {"t", "trillion"},
                                                       {"T", "trillion"},
                                                       {"tn", "trillion"},
                                                       {"thousand", "thousand"},
                                                       {"million", "million"},
                                                       {"billion", "billion"},
                                                       {"trillion", "trillion"}});
  const auto found = std::ranges::find(kScales, suffix, &Scale::suffix);
  return found != kScales.end() ? found->name : std::string_view();
}

bool is_scale_word(std::string_view word) { return word.size() > 4 && !scale_of(word).empty(); }

const Currency* find_sign(std::string_view text) {
  const auto found =
      std::ranges::find_if(kSigns, [&](const Currency& c) { return text.starts_with(c.sign); });
  return found != kSigns.end() ? &*found : nullptr;
}

const Currency* find_whole(std::string_view text) {
  const auto sign = std::ranges::find(kSigns, text, &Currency::sign);
  if (sign != kSigns.end()) return &*sign;
  const auto code = std::ranges::find(kCodes, text, &Currency::sign);
  return code != kCodes.end() ? &*code : nullptr;
}

std::string amount(Number number, const Currency& currency, std::string_view scale) {
  std::string words = number.sign == Number::Sign::minus ? "minus " : "";
  number.sign = Number::Sign::none;
  if (!scale.empty()) {
    return words + english_number(number) + ' ' + std::string(scale) + ' ' +
           std::string(currency.many);
  }
  const bool has_cents = number.fraction.size() == 2 && !currency.cent.empty();
  if (!has_cents) {
    return words + english_number(number) + ' ' +
           std::string(number.is_one() ? currency.one : currency.many);
  }
  const int cents = value_of(number.fraction);
  const bool has_whole = !number.integer.empty() && without_leading_zeros(number.integer) != "0";
  if (has_whole || cents == 0) {
    const std::string_view whole = number.integer.empty() ? "0" : std::string_view(number.integer);
    words +=
        english_cardinal(whole) + ' ' + std::string(whole == "1" ? currency.one : currency.many);
    if (cents == 0) return words;
    words += " and ";
  }
  return words + english_cardinal(cents) + ' ' +
         std::string(cents == 1 ? currency.cent : currency.cents);
}

/// What follows the number in the token: a scale, "/month", "-a-night", "+".
std::optional<std::string> with_rest(const Number& number, const Currency& currency,
                                     std::string_view rest) {
  if (rest.empty()) return amount(number, currency, {});
  if (rest == "+") return amount(number, currency, {}) + " plus";
  const std::size_t slash = rest.find('/');
  const std::string_view front = rest.substr(0, slash);
  const std::string_view scale = scale_of(front.starts_with('-') ? front.substr(1) : front);
  if (!scale.empty() || front.empty()) {
    std::string words = amount(number, currency, scale);
    if (front.starts_with('-')) {  // "a $5-million deal"
      return english_number(number) + ' ' + std::string(scale) + ' ' + std::string(currency.one);
    }
    if (slash == std::string_view::npos) return words;
    const auto per = english_unit(rest.substr(slash), true, false);
    if (per) return words + ' ' + *per;
  }
  if (!rest.starts_with('-') || rest.size() < 2 || !is_letter(rest[1])) return std::nullopt;
  std::string words = amount(number, currency, {});
  for (const char c : rest) {
    if (c != '-' && !is_letter(c)) return std::nullopt;
    words += c == '-' ? ' ' : c;
  }
  return words;
}

/// "5 €", "5 million euros" needs nothing, "5 EUR".
std::optional<Quantity> currency_behind(std::string_view core, const Place& place) {
  const std::size_t length = number_length(core);
  if (length == 0) return std::nullopt;
  const Number number = *parse_number(core.substr(0, length));
  std::string_view rest = core.substr(length);
  if (rest.empty()) {
    const std::string_view next = place.word(1);
    const bool has_scale = is_scale_word(next);
    const Currency* currency = find_whole(has_scale ? place.word(2) : next);
    if (currency == nullptr) return std::nullopt;
    return Quantity{amount(number, *currency, has_scale ? next : std::string_view()),
                    {has_scale ? std::size_t{3} : std::size_t{2}}};
  }
  const Currency* currency = find_whole(rest);
  if (currency == nullptr) return std::nullopt;
  return Quantity{amount(number, *currency, {}), {1}};
}

}  // namespace

std::size_t money_sign_length(std::string_view core) {
  std::size_t begin = core.starts_with('-') || core.starts_with('+') ? 1 : 0;
  if (core.starts_with("−")) begin = 3;
  const Currency* currency = find_sign(core.substr(begin));
  return currency == nullptr ? 0 : begin + currency->sign.size();
}

std::optional<Quantity> english_money(std::string_view core, const Place& place) {
  std::size_t begin = money_sign_length(core);
  if (begin == 0) {
    // "USD 5"
    const auto code = std::ranges::find(kCodes, core, &Currency::sign);
    const std::string_view next = place.word(1);
    const std::size_t length = number_length(next);
    if (code == kCodes.end() || length == 0) return currency_behind(core, place);
    const Number number = *parse_number(next.substr(0, length));
    const bool has_scale = length == next.size() && is_scale_word(place.word(2));
    if (has_scale) return Quantity{amount(number, *code, place.word(2)), {3}};
    auto words = with_rest(number, *code, next.substr(length));
    if (!words) return std::nullopt;
    return Quantity{*std::move(words), {2}};
  }
  const bool is_negative = core.front() == '-' || core.starts_with("−");
  const std::size_t sign_begin = is_negative           ? (core.front() == '-' ? 1 : 3)
                                 : core.front() == '+' ? 1
                                                       : 0;
  const Currency& currency = *find_sign(core.substr(sign_begin));
  const std::size_t length = number_length(core.substr(begin));
  if (length == 0) return std::nullopt;
  Number number = *parse_number(core.substr(begin, length));
  if (is_negative) number.sign = Number::Sign::minus;
  const std::string_view rest = core.substr(begin + length);
  const std::string_view next = rest.empty() ? place.word(1) : std::string_view();
  const bool has_scale = is_scale_word(next) || next == "bn" || next == "mn";
  if (has_scale) return Quantity{amount(number, currency, scale_of(next)), {2}};
  auto words = with_rest(number, currency, rest);
  if (!words) return std::nullopt;
  return Quantity{*std::move(words), {1}};
}

}  // namespace parley::text
