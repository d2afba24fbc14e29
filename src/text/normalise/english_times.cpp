// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_times.h"

#include "text/character.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/number.h"

namespace parley::text {
namespace {

struct Clock {
  int hour = 0;
  int minute = -1;  // none: "9 a.m."
  int second = -1;
};

std::optional<Clock> clock_of(std::string_view text) {
  Clock clock;
  int part = 0;
  while (true) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string_view digits = text.substr(0, end);
    const bool is_right_size = part == 0 ? digits.size() <= 2 : digits.size() == 2;
    if (!is_all_digits(digits) || !is_right_size) return std::nullopt;
    const int value = value_of(digits);
    if (value > (part == 0 ? 24 : 59)) return std::nullopt;
    (part == 0 ? clock.hour : part == 1 ? clock.minute : clock.second) = value;
    if (end == text.size()) return clock;
    if (++part > 2) return std::nullopt;
    text.remove_prefix(end + 1);
  }
}

std::string words_of(const Clock& clock, bool has_half) {
  std::string words = english_cardinal(clock.hour);
  if (clock.second >= 0) {
    words += clock.minute < 10 && clock.minute > 0 ? " oh " : " ";
    words += clock.minute == 0 ? "o'clock" : english_cardinal(clock.minute);
    return words + " and " + english_cardinal(clock.second) +
           (clock.second == 1 ? " second" : " seconds");
  }
  if (clock.minute > 0) {
    return words + (clock.minute < 10 ? " oh " : " ") + english_cardinal(clock.minute);
  }
  if (has_half) return words;
  if (clock.hour == 0 || clock.hour == 24) return "midnight";
  return words + (clock.hour <= 12 ? " o'clock" : " hundred");
}

/// "A.M." of "am", "a.m", "AM"; empty of anything else.
std::string_view half_of_day(std::string_view word) {
  const std::string low = lowered(word);
  if (low == "am" || low == "a.m") return "A.M.";
  if (low == "pm" || low == "p.m") return "P.M.";
  return {};
}

/// "16:9", "3:2": so much to so much.
std::optional<std::string> ratio(std::string_view core) {
  const std::size_t colon = core.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view a = core.substr(0, colon);
  const std::string_view b = core.substr(colon + 1);
  if (!is_all_digits(a) || !is_all_digits(b)) return std::nullopt;
  return english_cardinal(a) + " to " + english_cardinal(b);
}

}  // namespace

std::optional<std::string> english_clock(std::string_view text) {
  const std::optional<Clock> clock = clock_of(text);
  if (!clock || clock->minute < 0) return std::nullopt;
  return words_of(*clock, false);
}

std::optional<Quantity> english_time(std::string_view core, const Place& place) {
  if (core.empty() || !is_digit(core.front())) return std::nullopt;
  std::size_t end = 0;
  while (end < core.size() && (is_digit(core[end]) || core[end] == ':')) ++end;
  const std::optional<Clock> clock = clock_of(core.substr(0, end));
  if (!clock)
    return end == core.size() ? [&]() -> std::optional<Quantity> {
      if (auto words = ratio(core)) return Quantity{*words, {1}};
      return std::nullopt;
    }()
                              : std::nullopt;
  if (end < core.size()) {
    const std::string_view half = half_of_day(core.substr(end));
    if (half.empty() || clock->hour > 12) return std::nullopt;
    return Quantity{words_of(*clock, true) + ' ' + std::string(half), {1, core.ends_with(".m")}};
  }
  const std::string_view next = place.word(1);
  const std::string_view half = half_of_day(next);
  if (!half.empty() && clock->hour <= 12) {
    return Quantity{words_of(*clock, true) + ' ' + std::string(half),
                    {2, next.ends_with(".m") || next.ends_with(".M")}};
  }
  if (clock->minute < 0) return std::nullopt;
  return Quantity{words_of(*clock, false), {1}};
}

}  // namespace parley::text
