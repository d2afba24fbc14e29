// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/chinese.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/character.h"
#include "text/normalise/chinese_numbers.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

struct Pair {
  std::string_view written;
  std::string_view spoken;
};

constexpr std::array kUnits = std::to_array<Pair>({
    {"km/h", "公里每小时"},
    {"m/s", "米每秒"},
    {"km", "公里"},
    {"m", "米"},
    {"cm", "厘米"},
    {"mm", "毫米"},
    {"kg", "公斤"},
    {"g", "克"},
    {"mg", "毫克"},
    {"t", "吨"},
    {"L", "升"},
    {"l", "升"},
    {"ml", "毫升"},
    {"mL", "毫升"},
    {"°C", "摄氏度"},
    {"℃", "摄氏度"},
    {"°F", "华氏度"},
    {"°", "度"},
    {"m²", "平方米"},
    {"km²", "平方公里"},
    {"m³", "立方米"},
    {"Hz", "赫兹"},
    {"kHz", "千赫"},
    {"MHz", "兆赫"},
    {"GHz", "吉赫"},
    {"W", "瓦"},
    {"kW", "千瓦"},
    {"kWh", "千瓦时"},
    {"V", "伏"},
    {"A", "安"},
    {"h", "小时"},
    {"min", "分钟"},
    {"s", "秒"},
    {"ms", "毫秒"},
});
// Longer signs first.
constexpr std::array kMoney = std::to_array<Pair>({
    {"US$", "美元"},
    {"HK$", "港元"},
    {"NT$", "新台币"},
    {"$", "美元"},
    {"￥", "元"},
    {"¥", "元"},
    {"€", "欧元"},
    {"£", "英镑"},
});
// Before them two of something is 两.
constexpr std::array kCounters = std::to_array<std::string_view>(
    {"个", "位", "只", "件", "次", "天", "条", "张", "本", "辆", "家", "名", "块", "杯", "瓶", "种",
     "台", "座", "双", "头", "间", "把", "封", "颗", "句", "场", "周", "岁", "层", "倍", "套"});

std::string_view core_at(const Place& place, std::size_t index) {
  return index < place.tokens.size() ? place.tokens[index].core : std::string_view();
}
/// The character right behind the token, when nothing is in between.
std::string_view behind(const Place& place, std::size_t ahead = 1) {
  const std::size_t index = place.at + ahead;
  if (index >= place.tokens.size()) return {};
  const Token& before = place.tokens[index - 1];
  const Token& token = place.tokens[index];
  const bool is_beside = before.trail.empty() && token.lead.empty() && token.region == nullptr;
  return is_beside ? token.core : std::string_view();
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(at), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

/// 2025-03-14, 2025/3/14.
std::optional<std::string> date(std::string_view core) {
  const char separator = core.find('/') != std::string_view::npos ? '/' : '-';
  const std::vector<std::string_view> parts = split(core, separator);
  if (parts.size() != 3 || parts[0].size() != 4) return std::nullopt;
  if (!std::ranges::all_of(parts, is_all_digits) || parts[1].size() > 2 || parts[2].size() > 2) {
    return std::nullopt;
  }
  const int month = value_of(parts[1]);
  const int day = value_of(parts[2]);
  if (month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  return chinese_digits(parts[0]) + "年" + chinese_cardinal(parts[1]) + "月" +
         chinese_cardinal(parts[2]) + "日";
}

/// 10:30, 9:05, 9:00.
std::optional<std::string> time(std::string_view core) {
  const std::vector<std::string_view> parts = split(core, ':');
  if (parts.size() < 2 || parts.size() > 3 || !std::ranges::all_of(parts, is_all_digits)) {
    return std::nullopt;
  }
  if (parts[0].size() > 2 || parts[1].size() != 2 || value_of(parts[0]) > 24 ||
      value_of(parts[1]) > 59) {
    return std::nullopt;
  }
  const int hour = value_of(parts[0]);
  std::string words = (hour == 2 ? "两" : chinese_cardinal(parts[0])) + "点";
  const int minute = value_of(parts[1]);
  if (minute > 0) words += (minute < 10 ? "零" : "") + chinese_cardinal(parts[1]) + "分";
  if (parts.size() == 3) words += chinese_cardinal(parts[2]) + "秒";
  return words;
}

/// 138-1234-5678, 13812345678, 010-12345678.
std::optional<std::string> phone(std::string_view core) {
  std::string digits;
  for (const char c : core) {
    if (is_digit(c)) {
      digits += c;
    } else if (c != '-' && c != '+') {
      return std::nullopt;
    }
  }
  const bool is_mobile = digits.size() == 11 && digits.front() == '1';
  const bool is_fixed = digits.size() >= 10 && digits.size() <= 12 && digits.front() == '0';
  const bool is_abroad = core.front() == '+' && digits.size() > 7;
  if (!is_mobile && !is_fixed && !is_abroad) return std::nullopt;
  return (is_abroad ? "加" : "") + chinese_digits(digits, "幺");
}

struct Said {
  std::string words;
  std::size_t tokens = 1;
};

std::string counted(const Number& number, std::string_view next) {
  const bool is_two = number.integer == "2" && number.fraction.empty() &&
                      std::ranges::find(kCounters, next) != kCounters.end();
  return is_two ? "两" : chinese_number(number);
}

/// A number and what belongs to it: 50%, 25°C, ¥100, 2025年.
std::optional<Said> quantity(std::string_view core, const Place& place) {
  const auto money =
      std::ranges::find_if(kMoney, [&](const Pair& m) { return core.starts_with(m.written); });
  const std::string_view amount = money != kMoney.end() ? core.substr(money->written.size()) : core;
  const std::size_t length = number_length(amount);
  if (length == 0) return std::nullopt;
  const std::string_view digits = amount.substr(0, length);
  const std::string_view rest = amount.substr(length);
  const Number number = *parse_number(digits);
  const std::string_view next = rest.empty() ? behind(place) : std::string_view();
  if (money != kMoney.end()) {
    if (!rest.empty()) return std::nullopt;
    // "$5万" is 五万美元.
    if (next == "万" || next == "亿") {
      return Said{chinese_number(number) + std::string(next) + std::string(money->spoken), 2};
    }
    return Said{chinese_number(number) + std::string(money->spoken)};
  }
  if (rest == "%" || rest == "％" || next == "%") {
    std::string words = number.sign == Number::Sign::minus ? "负百分之" : "百分之";
    Number plain = number;
    plain.sign = Number::Sign::none;
    return Said{words + chinese_number(plain), rest.empty() ? std::size_t{2} : std::size_t{1}};
  }
  if (rest.empty()) {
    const bool is_year = next == "年" && digits.size() == 4 && is_all_digits(digits);
    if (is_year || (digits.size() > 1 && digits.front() == '0' && number.is_whole())) {
      return Said{chinese_digits(number.integer)};
    }
    const auto apart = std::ranges::find(kUnits, next, &Pair::written);
    if (apart != kUnits.end()) return Said{chinese_number(number) + std::string(apart->spoken), 2};
    return Said{counted(number, next)};
  }
  const auto unit = std::ranges::find(kUnits, rest, &Pair::written);
  if (unit != kUnits.end()) return Said{chinese_number(number) + std::string(unit->spoken)};
  return std::nullopt;
}

/// 1/2 is 二分之一.
std::optional<std::string> fraction(std::string_view core) {
  const std::vector<std::string_view> parts = split(core, '/');
  if (parts.size() != 2 || !std::ranges::all_of(parts, is_all_digits)) return std::nullopt;
  return chinese_cardinal(parts[1]) + "分之" + chinese_cardinal(parts[0]);
}

/// 10-20, 5~10%, 9:00-17:00.
std::optional<Said> range(std::string_view core, const Place& place) {
  for (const std::string_view dash : {"-", "–", "~", "～", "—"}) {
    const std::size_t at = core.find(dash, 1);
    if (at == std::string_view::npos) continue;
    const std::string_view from = core.substr(0, at);
    const std::string_view to = core.substr(at + dash.size());
    if (to.empty() || !is_digit(to.front()) || to.find(dash) != std::string_view::npos) continue;
    if (const auto first = time(from)) {
      const auto last = time(to);
      if (last) return Said{*first + "到" + *last};
    }
    const auto number = parse_number(from);
    auto last = quantity(to, place);
    if (!number || !last) continue;
    return Said{chinese_number(*number) + "到" + last->words, last->tokens};
  }
  return std::nullopt;
}

std::optional<Said> said(std::string_view core, const Place& place) {
  if (auto words = date(core)) return Said{*words};
  if (auto words = time(core)) return Said{*words};
  if (auto words = phone(core)) return Said{*words};
  if (auto words = fraction(core)) return Said{*words};
  if (auto words = quantity(core, place)) return words;
  return range(core, place);
}

bool is_kana(const Token& token) {
  return !token.core.empty() && kind_of(decode_utf8(token.core, 0).code) == CharacterKind::kana;
}

}  // namespace

bool is_chinese_place(const Place& place) {
  const bool is_before = place.at > 0 && place.tokens[place.at - 1].is_ideograph;
  const bool is_behind =
      place.at + 1 < place.tokens.size() && place.tokens[place.at + 1].is_ideograph;
  if (!place.token().is_ideograph && !is_before && !is_behind) return false;
  return std::ranges::none_of(place.tokens, is_kana);
}

Reading read_chinese(const Place& place, Words& words) {
  const Token& token = place.token();
  if (token.is_ideograph) {
    say(words, place, 0, 1, std::string(token.core));
    return {1};
  }
  const bool is_number = std::ranges::any_of(token.core, is_digit);
  if (!is_number) {
    if (token.core == "%" || token.core == "&" || token.core == "+" || token.core == "=") {
      say(words, place, 0, 1,
          token.core == "%"   ? "百分号"
          : token.core == "&" ? "和"
          : token.core == "+" ? "加"
                              : "等于");
      return {1};
    }
    return {};
  }
  const std::optional<Said> spoken = said(core_at(place, place.at), place);
  if (!spoken) return {};
  say(words, place, 0, spoken->tokens, spoken->words);
  return {spoken->tokens};
}

}  // namespace parley::text
