// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/spoken_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace parley::backend {
namespace {

using Entry = std::pair<std::string_view, int>;
constexpr std::array<Entry, 20> kSmall{{
    {"zero", 0},     {"one", 1},      {"two", 2},        {"three", 3},     {"four", 4},
    {"five", 5},     {"six", 6},      {"seven", 7},      {"eight", 8},     {"nine", 9},
    {"ten", 10},     {"eleven", 11},  {"twelve", 12},    {"thirteen", 13}, {"fourteen", 14},
    {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19},
}};
constexpr std::array<Entry, 9> kTens{{{"twenty", 20},
                                      {"thirty", 30},
                                      {"forty", 40},
                                      {"fourty", 40},
                                      {"fifty", 50},
                                      {"sixty", 60},
                                      {"seventy", 70},
                                      {"eighty", 80},
                                      {"ninety", 90}}};
constexpr std::array<std::pair<std::string_view, double>, 3> kScales{
    {{"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}}};
constexpr std::string_view kSigns = "+-*/^%()=";

template <typename Table>
auto value_in(const Table& table, std::string_view word) {
  using Value = decltype(table.front().second);
  const auto found = std::find_if(table.begin(), table.end(),
                                  [word](const auto& row) { return row.first == word; });
  return found == table.end() ? std::optional<Value>() : std::optional<Value>(found->second);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<double> digits(std::string_view word) {
  double value = 0;
  if (word.empty() || !is_digit(word.front())) return std::nullopt;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// One number in words, up to the fraction.
class WordNumber {
 public:
  explicit WordNumber(const std::vector<std::string>& words, std::size_t at)
      : words_(words), at_(at) {}

  bool take() {
    while (take_word()) {
    }
    return has_any_;
  }
  [[nodiscard]] double value() const { return total_ + current_; }
  [[nodiscard]] std::size_t end() const { return at_; }

 private:
  [[nodiscard]] std::string_view word(std::size_t offset = 0) const {
    return at_ + offset < words_.size() ? std::string_view(words_[at_ + offset]) : "";
  }
  static bool is_multiplier(std::string_view word) {
    return word == "hundred" || value_in(kScales, word).has_value();
  }
  static bool is_number(std::string_view word) {
    return value_in(kSmall, word) || value_in(kTens, word) || digits(word);
  }

  bool take_word() {
    const std::string_view now = word();
    const double below_hundred = std::fmod(current_, 100.0);
    if ((now == "a" || now == "an") && !has_any_ && is_multiplier(word(1))) {
      return add(1);
    }
    if (now == "and" && can_and_ && is_number(word(1))) {
      ++at_;
      return true;
    }
    if (const auto value = digits(now); value && !has_any_) return add(*value);
    if (const auto value = value_in(kSmall, now)) {
      const bool fits =
          *value < 10 ? std::fmod(current_, 10.0) == 0 && below_hundred != 10 : below_hundred == 0;
      if (has_any_ && (!fits || *value == 0)) return false;
      return add(*value);
    }
    if (const auto value = value_in(kTens, now)) {
      return has_any_ && below_hundred != 0 ? false : add(*value);
    }
    if (!has_any_) return false;
    if (now == "hundred" && current_ < 100) {
      current_ = std::max(current_, 1.0) * 100;
      return step();
    }
    if (const auto scale = value_in(kScales, now)) {
      total_ += std::max(current_, 1.0) * *scale;
      current_ = 0;
      return step();
    }
    return false;
  }
  bool add(double value) {
    current_ += value;
    has_any_ = true;
    can_and_ = false;
    ++at_;
    return true;
  }
  bool step() {
    can_and_ = true;
    ++at_;
    return true;
  }

  const std::vector<std::string>& words_;
  std::size_t at_;
  double total_ = 0;
  double current_ = 0;
  bool has_any_ = false;
  bool can_and_ = false;  // after "hundred", "thousand", …
};

}  // namespace

std::vector<std::string> spoken_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size() && words.size() < kSpokenWordsMax) {
    const char c = text[at];
    if (text.substr(at).starts_with("\u00D7") || text.substr(at).starts_with("\u00F7")) {
      words.emplace_back(text.substr(at).starts_with("\u00D7") ? "*" : "/");
      at += 2;
    } else if (is_digit(c)) {
      std::string number;
      const auto is_inside = [&](std::size_t i) {
        return (text[i] == '.' || text[i] == ',') && i + 1 < text.size() && is_digit(text[i + 1]);
      };
      for (; at < text.size() && (is_digit(text[at]) || is_inside(at)); ++at) {
        if (text[at] != ',') number += text[at];
      }
      words.push_back(std::move(number));
    } else if (is_letter(c)) {
      std::string word;
      for (; at < text.size() && (is_letter(text[at]) || text[at] == '\''); ++at) {
        word += lower(text[at]);
      }
      words.push_back(std::move(word));
      // "twenty-three": a hyphen between letters is no minus.
      if (at + 1 < text.size() && text[at] == '-' && is_letter(text[at + 1])) ++at;
    } else {
      if (kSigns.find(c) != std::string_view::npos) words.emplace_back(1, c);
      ++at;
    }
  }
  return words;
}

std::optional<double> take_number(const std::vector<std::string>& words, std::size_t& at) {
  WordNumber number(words, at);
  if (!number.take()) return std::nullopt;
  std::size_t end = number.end();
  double value = number.value();
  if (end + 1 < words.size() && words[end] == "point") {
    double place = 0.1;
    std::size_t next = end + 1;
    for (; next < words.size(); ++next) {
      const auto small = value_in(kSmall, words[next]);
      if (!small || *small > 9) break;
      value += *small * place;
      place /= 10;
    }
    if (next > end + 1) end = next;
  }
  at = end;
  return value;
}

std::string number_text(double value) {
  constexpr double kRound = 1e10;
  std::array<char, 400> text{};
  if (std::abs(value) < 1e5) value = std::round(value * kRound) / kRound;
  const auto [end, error] = std::to_chars(
      text.data(), text.data() + text.size(), value, std::chars_format::fixed,
      std::abs(value) >= 1e10
          ? 0
          : 10 - std::max(0, static_cast<int>(std::log10(std::max(1.0, std::abs(value))))));
  if (error != std::errc{}) return {};
  std::string out(text.data(), end);
  if (out.find('.') != std::string::npos) {
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

}  // namespace parley::backend
