// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_phones.h"

#include <algorithm>
#include <array>
#include <vector>

#include "text/character.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/number.h"

namespace parley::text {
namespace {

constexpr std::size_t kDigitsMax = 15;  // ITU-T E.164

struct Phone {
  bool has_plus = false;
  std::vector<std::string> groups;
  std::string word;  // of "1-800-FLOWERS"

  [[nodiscard]] std::size_t digits() const {
    std::size_t count = 0;
    for (const std::string& group : groups) count += group.size();
    return count;
  }
  [[nodiscard]] bool has_sizes(std::initializer_list<std::size_t> sizes) const {
    return std::ranges::equal(groups, sizes, {}, &std::string::size);
  }
};

/// Adds the groups of `core`; false when it has anything else than digits and - . between them.
bool add_groups(Phone& phone, std::string_view core) {
  std::string group;
  for (std::size_t i = 0; i < core.size(); ++i) {
    const char c = core[i];
    if (is_digit(c)) {
      group += c;
    } else if ((c == '-' || c == '.') && !group.empty() && i + 1 < core.size()) {
      phone.groups.push_back(std::move(group));
      group.clear();
    } else if (is_upper(c) && group.empty() && phone.groups.size() >= 2 &&
               std::ranges::all_of(core.substr(i),
                                   [](char d) { return is_upper(d) || d == '-'; })) {
      phone.word = core.substr(i);
      return true;
    } else {
      return false;
    }
  }
  phone.groups.push_back(std::move(group));
  return phone.digits() <= kDigitsMax;
}

std::string words_of(const Phone& phone) {
  std::string words = phone.has_plus ? "plus " : "";
  for (std::size_t i = 0; i < phone.groups.size(); ++i) {
    const std::string& group = phone.groups[i];
    if (i > 0) words += ", ";
    const bool is_hundreds = group.size() == 3 && group.ends_with("00") && group.front() != '0' &&
                             (i + 1 < phone.groups.size() || !phone.word.empty());
    words += is_hundreds ? english_cardinal(group) : english_digits(group);
  }
  if (phone.word.empty()) return words;
  std::string word = phone.word;
  std::ranges::transform(word, word.begin(), lower);
  std::ranges::replace(word, '-', ' ');
  return words + ", " + word;
}

bool is_phone(const Phone& phone, const Place& place, std::size_t tokens) {
  if (phone.has_plus) return phone.digits() >= 7 && phone.groups.size() >= 1;
  if (!phone.word.empty()) return phone.groups.front() == "1" && phone.groups[1].size() == 3;
  if (phone.has_sizes({3, 3, 4})) return true;
  if (phone.has_sizes({1, 3, 3, 4})) return phone.groups.front() == "1";
  if (phone.has_sizes({3, 4}) && tokens == 1) {  // "555-1234", not "100-2000"
    return place.token().core[3] == '-' && !phone.groups[1].ends_with("00") &&
           phone.groups[0].front() != '0';
  }
  // As in Britain and most of Europe: "020 7946 0958".
  return phone.groups.size() >= 2 && phone.groups.front().front() == '0' &&
         phone.groups.front().size() >= 2 && phone.digits() >= 9;
}

}  // namespace

std::string english_phone(std::string_view text) {
  Phone phone;
  std::string group;
  for (const char c : text) {
    if (c == '+' && phone.groups.empty() && group.empty()) phone.has_plus = true;
    if (is_digit(c)) {
      group += c;
    } else if (!group.empty()) {
      phone.groups.push_back(std::move(group));
      group.clear();
    }
  }
  if (!group.empty()) phone.groups.push_back(std::move(group));
  if (phone.groups.size() == 1 && phone.groups.front().size() == 10) {
    const std::string all = phone.groups.front();
    phone.groups = {all.substr(0, 3), all.substr(3, 3), all.substr(6)};
  }
  return words_of(phone);
}

Reading read_english_phone(const Place& place, Words& words) {
  const Token& first = place.token();
  const bool may_be =
      is_digit(first.core.front()) ||
      (first.core.front() == '+' && first.core.size() > 1 && is_digit(first.core[1]));
  if (!may_be) return {};
  Phone phone;
  std::string_view core = first.core;
  if (core.front() == '+') {
    phone.has_plus = true;
    core.remove_prefix(1);
  }
  Phone best;
  std::size_t taken = 0;
  for (std::size_t ahead = 0; place.at + ahead < place.tokens.size(); ++ahead) {
    const Token& token = place.token(ahead);
    if (ahead > 0) {
      const std::string_view before = place.token(ahead - 1).trail;
      const bool goes_on = (before.empty() || before == ")") && token.region == nullptr &&
                           (token.lead.empty() || token.lead == "(") && !token.core.empty() &&
                           is_digit(token.core.front());
      if (!goes_on) break;
      core = token.core;
    }
    if (!add_groups(phone, core)) break;
    if (is_phone(phone, place, ahead + 1)) {
      best = phone;
      taken = ahead + 1;
    }
  }
  if (taken == 0) return {};
  say(words, place, 0, taken, words_of(best));
  return {taken};
}

}  // namespace parley::text
