// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_dates.h"

#include <algorithm>
#include <array>
#include <vector>

#include "text/character.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/english_times.h"
#include "text/normalise/number.h"

namespace parley::text {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

/// 1 to 12 of "March", "Mar", "Sept"; 0 of anything else. A name is needed, not "may" or "march".
int month_of(std::string_view word) {
  if (word == "Sept") return 9;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (word == kMonths[i] || (word.size() == 3 && kMonths[i].starts_with(word))) {
      return static_cast<int>(i) + 1;
    }
  }
  return 0;
}

std::string month_name(int month) {
  return std::string(kMonths[static_cast<std::size_t>(month - 1)]);
}

bool is_day(int day) { return day >= 1 && day <= 31; }
bool is_month(int month) { return month >= 1 && month <= 12; }

/// The day of "14", "14th"; 0 of anything else.
int day_of(std::string_view word) {
  std::size_t digits = 0;
  while (digits < word.size() && is_digit(word[digits])) ++digits;
  if (digits == 0 || digits > 2) return 0;
  const std::string_view suffix = word.substr(digits);
  const bool is_ordinal = suffix == "st" || suffix == "nd" || suffix == "rd" || suffix == "th";
  if (!suffix.empty() && !is_ordinal) return 0;
  const int day = value_of(word.substr(0, digits));
  return is_day(day) ? day : 0;
}

bool is_year(std::string_view word) {
  return word.size() == 4 && is_all_digits(word) && (word.front() == '1' || word.front() == '2');
}

std::string year_of(std::string_view digits) {
  if (digits.size() != 2) return english_year(digits);
  const int year = value_of(digits);  // of this century or the last
  return english_year((year < 50 ? "20" : "19") + std::string(digits));
}

/// "14" or "14-16", as ordinals; empty when it is neither.
std::string day_or_days(std::string_view word, std::string_view article) {
  std::size_t dash = word.find("–");
  std::size_t dash_size = 3;
  if (dash == std::string_view::npos) {
    dash = word.find('-');
    dash_size = 1;
  }
  if (dash == std::string_view::npos) {
    const int day = day_of(word);
    return day == 0 ? std::string() : std::string(article) + english_ordinal(day);
  }
  const int first = day_of(word.substr(0, dash));
  const int last = day_of(word.substr(dash + dash_size));
  if (first == 0 || last <= first) return {};
  return std::string(article) + english_ordinal(first) + " to " + std::string(article) +
         english_ordinal(last);
}

std::vector<std::string_view> parts_of(std::string_view text, char& separator) {
  std::vector<std::string_view> parts;
  const std::size_t first = text.find_first_of("/.- ");
  separator = first == std::string_view::npos ? ' ' : text[first];
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string default_format(const std::vector<std::string_view>& parts, char separator) {
  if (parts.size() == 1) return "y";
  if (parts.front().size() == 4) return parts.size() == 3 ? "ymd" : "ym";
  if (parts.size() == 2) return parts.back().size() == 4 ? "my" : "md";
  const bool is_day_first = separator == '.' || value_of(parts.front()) > 12;
  return is_day_first ? "dmy" : "mdy";
}

/// "March 14, 2025", "Mar. 14-16", "March 2025".
Reading month_first(const Place& place, Words& words) {
  const Token& token = place.token();
  const int month = month_of(token.core);
  if (month == 0) return {};
  const bool is_short =
      token.core.size() <= 4 && token.core != "June" && token.core != "July" && token.core != "May";
  const bool has_next = place.follows_dot(1) && (token.trail.empty() || is_short);
  const std::string_view next = has_next ? place.token(1).core : std::string_view();
  if (is_year(next)) {
    say(words, place, 0, 1, month_name(month));
    say(words, place, 1, 1, english_year(next));
    return {2};
  }
  const std::string day = next.empty() ? std::string() : day_or_days(next, "");
  if (day.empty()) {
    if (!is_short || !token.trail.starts_with('.')) return {};
    say(words, place, 0, 1, month_name(month));
    return {1, true};
  }
  say(words, place, 0, 1, month_name(month));
  say(words, place, 1, 1, day);
  const bool has_comma = place.token(1).trail == ",";
  if (place.at + 2 < place.tokens.size() && (has_comma || place.token(1).trail.empty()) &&
      place.token(2).lead.empty() && is_year(place.token(2).core)) {
    if (has_comma) words.back().spoken += ',';
    say(words, place, 2, 1, english_year(place.token(2).core));
    return {3};
  }
  return {2};
}

/// "14 March 2025", "14-16 March".
Reading day_first(const Place& place, Words& words) {
  const std::string_view next = place.word(1);
  if (next.empty() || !is_digit(place.token().core.front())) return {};
  const int month = month_of(next);
  if (month == 0) return {};
  const bool has_article = place.previous() == "the";
  const std::string day = day_or_days(place.token().core, has_article ? "" : "the ");
  if (day.empty()) return {};
  say(words, place, 0, 1, day + " of");
  say(words, place, 1, 1, month_name(month));
  const bool has_dot = next.size() <= 4 && place.token(1).trail.starts_with('.');
  if (place.follows_dot(2) && is_year(place.token(2).core) && (has_dot || place.follows(2))) {
    say(words, place, 2, 1, english_year(place.token(2).core));
    return {3};
  }
  return {2, has_dot};
}

/// "on 3/14".
std::optional<std::string> month_and_day(std::string_view core, const std::string& before) {
  constexpr std::array kBefore = std::to_array<std::string_view>(
      {"on", "by", "until", "till", "from", "since", "before", "after", "dated", "due", "to"});
  if (std::ranges::find(kBefore, before) == kBefore.end()) return std::nullopt;
  if (std::ranges::count(core, '/') != 1) return std::nullopt;
  return english_date(core, "md");
}

}  // namespace

std::optional<std::string> english_date(std::string_view text, std::string_view format) {
  if (text.size() > 12) return std::nullopt;
  char separator = ' ';
  const std::vector<std::string_view> parts = parts_of(text, separator);
  for (const std::string_view part : parts) {
    if (!is_all_digits(part) || part.size() > 4) return std::nullopt;
  }
  const std::string order = format.empty() ? default_format(parts, separator) : std::string(format);
  if (order.size() != parts.size()) return std::nullopt;
  int day = 0;
  int month = 0;
  std::string year;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] == 'y') year = year_of(parts[i]);
    if (order[i] == 'y' && parts[i].size() == 3) return std::nullopt;
    if (order[i] != 'y' && parts[i].size() > 2) return std::nullopt;
    if (order[i] == 'm') month = value_of(parts[i]);
    if (order[i] == 'd') day = value_of(parts[i]);
  }
  const bool has_day = order.find('d') != std::string::npos;
  const bool has_month = order.find('m') != std::string::npos;
  if ((has_day && !is_day(day)) || (has_month && !is_month(month))) return std::nullopt;
  std::string words = has_month ? month_name(month) : std::string();
  if (has_day) words += (words.empty() ? "" : " ") + english_ordinal(day);
  if (!year.empty()) words += (words.empty() ? "" : has_day ? ", " : " ") + year;
  return words;
}

Reading read_english_date(const Place& place, Words& words) {
  const std::string_view core = place.token().core;
  if (is_upper(core.front())) return month_first(place, words);
  if (!is_digit(core.front())) return {};
  if (const Reading reading = day_first(place, words); reading.tokens > 0) return reading;
  // Versions and sums are shorter or have other parts: a date has a year of four digits or slashes.
  const bool has_year = core.size() >= 8 && core.size() <= 10;
  const bool is_slashed = std::ranges::count(core, '/') == 2;
  if (has_year || is_slashed) {
    if (auto date = english_date(core)) {
      say(words, place, 0, 1, *date);
      return {1};
    }
  }
  if (core.size() > 11 && core[10] == 'T') {  // ISO 8601, with a time
    const auto date = english_date(core.substr(0, 10));
    const auto time = english_clock(core.substr(11, 5));
    if (date && time) {
      say(words, place, 0, 1, *date + ", " + *time + (core.ends_with('Z') ? " U.T.C." : ""));
      return {1};
    }
  }
  if (auto date = month_and_day(core, place.previous())) {
    say(words, place, 0, 1, *date);
    return {1};
  }
  return {};
}

}  // namespace parley::text
