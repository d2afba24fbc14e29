// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/tool_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "backend/tools/calculator.h"
#include "backend/tools/spoken_words.h"
#include "base/json_text.h"

namespace parley::backend {
namespace {

using Words = std::vector<std::string>;
constexpr std::size_t kTextBytesMax = 1000;

std::string joined(const Words& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) text += (i > from ? " " : "") + words[i];
  return text;
}

/// The place behind the first of `phrases` in `text`, on whole words.
std::optional<std::size_t> behind(const std::string& text,
                                  std::initializer_list<std::string_view> phrases) {
  const std::string padded = " " + text + " ";
  for (const std::string_view phrase : phrases) {
    const std::size_t found = padded.find(" " + std::string(phrase) + " ");
    if (found != std::string::npos) return std::min(found + phrase.size() + 1, text.size());
  }
  return std::nullopt;
}

/// `text` behind whichever of `starts` it begins with.
std::optional<std::string> after_start(const std::string& text,
                                       std::initializer_list<std::string_view> starts) {
  for (const std::string_view start : starts) {
    if (text == start) return std::string();
    if (text.starts_with(std::string(start) + " ")) return text.substr(start.size() + 1);
  }
  return std::nullopt;
}

model::LlmToolCall call(std::string name, std::string_view key, std::string_view value) {
  std::string arguments = "{";
  if (!key.empty()) {
    json_text::append_string(arguments, key, kTextBytesMax);
    arguments += ':';
    json_text::append_string(arguments, value, kTextBytesMax);
  }
  return {.id = {}, .name = std::move(name), .arguments = arguments + "}"};
}

void drop_politeness(Words& words) {
  constexpr std::array<std::string_view, 11> kFront{"please", "hey",   "ok",  "okay", "so", "um",
                                                    "uh",     "hello", "and", "well", "now"};
  const auto is_polite = [&](const std::string& word) {
    return std::find(kFront.begin(), kFront.end(), word) != kFront.end();
  };
  while (!words.empty() && is_polite(words.front())) words.erase(words.begin());
  while (!words.empty() && (words.back() == "please" || words.back() == "=")) words.pop_back();
  constexpr std::array<std::string_view, 3> kAsking{"can", "could", "would"};
  const bool is_asked = words.size() > 2 && words[1] == "you" &&
                        std::find(kAsking.begin(), kAsking.end(), words[0]) != kAsking.end();
  if (is_asked) words.erase(words.begin(), words.begin() + 2);
  while (!words.empty() && is_polite(words.front())) words.erase(words.begin());
}

std::optional<model::LlmToolCall> find_clock(const std::string& text) {
  if (behind(text, {"what time is it", "what's the time", "what is the time", "tell me the time",
                    "have you got the time", "do you have the time", "the current time",
                    "what time it is"})) {
    return call("get_time", "what", "time");
  }
  if (behind(text, {"what day is it", "what's the date", "what is the date", "today's date",
                    "what date is it", "what day is today", "what is today's date",
                    "tell me the date"})) {
    return call("get_time", "what", "date");
  }
  return std::nullopt;
}

std::optional<model::LlmToolCall> find_timer(const std::string& text, const Words& words) {
  const bool is_timer = behind(text, {"timer", "timers", "alarm"}).has_value();
  if (is_timer && behind(text, {"cancel", "stop", "delete", "turn off"})) {
    return call("stop_timers", "", "");
  }
  const bool sets = is_timer && behind(text, {"set", "start", "make", "give me"});
  if (!sets && !behind(text, {"remind me in", "wake me in", "wake me up in"})) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::size_t at = i;
    const std::optional<std::int64_t> seconds = take_duration(words, at);
    if (!seconds || *seconds < 1 || *seconds > kTimerSecondsMax) continue;
    return model::LlmToolCall{.id = {},
                              .name = "set_timer",
                              .arguments = R"({"seconds":)" + std::to_string(*seconds) + "}"};
  }
  return std::nullopt;
}

std::optional<model::LlmToolCall> find_memory(const std::string& text) {
  if (auto about = after_start(
          text, {"what did i tell you about", "what do you remember about", "what did i say about",
                 "what have i told you about", "do you remember", "what did i ask you to remember",
                 "what do you remember", "what did i tell you to remember"})) {
    return call("recall", "about", *about);
  }
  if (auto fact = after_start(text, {"remember that", "don't forget that", "remember",
                                     "please remember that", "make a note that"})) {
    if (!fact->empty()) return call("remember", "fact", *fact);
  }
  return std::nullopt;
}

std::optional<model::LlmToolCall> find_sum(const std::string& text) {
  std::string rest = text;
  if (auto asked = after_start(text, {"what is", "what's", "how much is", "calculate", "compute",
                                      "work out", "what are", "whats"})) {
    rest = *asked;
  }
  const Words words = spoken_words(rest);
  const Result<Sum> sum = calculate(words);
  // One that has no answer was a sum all the same.
  const bool is_impossible = !sum && sum.error().message.find("no sum") == std::string::npos;
  if (!is_impossible && (!sum || !sum->has_operator)) return std::nullopt;
  return call("calculate", "expression", rest);
}

std::int64_t seconds_of(std::string_view unit) {
  if (unit == "second" || unit == "seconds" || unit == "sec") return 1;
  if (unit == "minute" || unit == "minutes" || unit == "min") return 60;
  if (unit == "hour" || unit == "hours") return 3600;
  return 0;
}

std::string_view word_at(const Words& words, std::size_t at) {
  return at < words.size() ? std::string_view(words[at]) : std::string_view();
}

/// "five minutes", "half an hour", "an hour and a half".
std::optional<double> take_part(const Words& words, std::size_t& at) {
  std::size_t next = at;
  double count = 0;
  if (word_at(words, next) == "half" &&
      (word_at(words, next + 1) == "an" || word_at(words, next + 1) == "a")) {
    count = 0.5;
    next += 2;
  } else if ((word_at(words, next) == "a" || word_at(words, next) == "an") &&
             seconds_of(word_at(words, next + 1)) > 0) {
    count = 1;
    ++next;
  } else {
    const std::optional<double> number = take_number(words, next);
    if (!number) return std::nullopt;
    count = *number;
    if (word_at(words, next) == "and" && word_at(words, next + 1) == "a" &&
        word_at(words, next + 2) == "half") {
      count += 0.5;
      next += 3;
    }
  }
  const std::int64_t unit = seconds_of(word_at(words, next));
  if (unit == 0) return std::nullopt;
  ++next;
  if (word_at(words, next) == "and" && word_at(words, next + 1) == "a" &&
      word_at(words, next + 2) == "half") {
    count += 0.5;
    next += 3;
  }
  at = next;
  return count * static_cast<double>(unit);
}

}  // namespace

std::optional<std::int64_t> take_duration(const Words& words, std::size_t& at) {
  std::size_t next = at;
  std::optional<double> total = take_part(words, next);
  if (!total) return std::nullopt;
  at = next;
  while (true) {
    if (word_at(words, next) == "and") ++next;
    const std::optional<double> more = take_part(words, next);
    if (!more) break;
    *total += *more;
    at = next;
  }
  constexpr double kLongest = 1e9;
  return static_cast<std::int64_t>(std::lround(std::min(*total, kLongest)));
}

std::string duration_text(std::int64_t seconds) {
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 3> kUnits{
      {{3600, "hour"}, {60, "minute"}, {1, "second"}}};
  std::vector<std::string> parts;
  for (const auto& [length, name] : kUnits) {
    const std::int64_t count = seconds / length;
    seconds %= length;
    if (count == 0) continue;
    parts.push_back(std::to_string(count) + " " + std::string(name) + (count == 1 ? "" : "s"));
  }
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text.empty() ? "0 seconds" : text;
}

std::optional<model::LlmToolCall> find_builtin_call(std::string_view text) {
  Words words = spoken_words(text);
  drop_politeness(words);
  if (words.empty()) return std::nullopt;
  const std::string plain = joined(words, 0);
  if (auto found = find_clock(plain)) return found;
  if (auto found = find_timer(plain, words)) return found;
  if (auto found = find_memory(plain)) return found;
  return find_sum(plain);
}

}  // namespace parley::backend
