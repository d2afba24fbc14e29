// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_symbols.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "text/character.h"
#include "text/normalise/english_codes.h"
#include "text/normalise/english_quantities.h"
#include "text/normalise/number.h"

namespace parley::text {
namespace {

struct Symbol {
  std::string_view sign;
  std::string_view spoken;
};

constexpr std::array kAlone = std::to_array<Symbol>({
    {"&", "and"},
    {"+", "plus"},
    {"=", "equals"},
    {"%", "percent"},
    {"@", "at"},
    {"×", "times"},
    {"÷", "divided by"},
    {"±", "plus or minus"},
    {"+/-", "plus or minus"},
    {"≈", "approximately"},
    {"<", "less than"},
    {">", "greater than"},
    {"≤", "less than or equal to"},
    {"≥", "greater than or equal to"},
    {"<=", "less than or equal to"},
    {">=", "greater than or equal to"},
    {"==", "equals"},
    {"!=", "is not equal to"},
    {"≠", "is not equal to"},
    {"→", "to"},
    {"->", "to"},
    {"°", "degrees"},
    {"§", "section"},
    {"©", "copyright"},
});

// Before a number, in one token with it.
constexpr std::array kBefore = std::to_array<Symbol>({
    {"~", "about"},
    {"≈", "approximately"},
    {"±", "plus or minus"},
    {"+/-", "plus or minus"},
    {"<=", "at most"},
    {">=", "at least"},
    {"≤", "at most"},
    {"≥", "at least"},
    {"<", "less than"},
    {">", "more than"},
    {"#", "number"},
    {"§", "section"},
    {"=", "equals"},
    {"×", "times"},
    {"No.", "number"},
    {"no.", "number"},
    {"pp.", "pages"},
    {"p.", "page"},
});

// Faces that are typed; those of signs alone are no words anyway.
constexpr std::array kFaces = std::to_array<std::string_view>(
    {":D", ":P", ":p", ":O", ":o",  ":-D", ":-P", ":-O", ";D",  ";P",
     "XD", "xD", "<3", "^^", "^_^", "-_-", ":3",  ":x",  "T_T", "o_O"});

bool ends_with_number(const Place& place) {
  return place.at > 0 && place.tokens[place.at - 1].trail.empty() &&
         !place.tokens[place.at - 1].core.empty() &&
         (is_digit(place.tokens[place.at - 1].core.back()) ||
          place.tokens[place.at - 1].core.back() == '%');
}
bool begins_with_number(std::string_view word) { return !word.empty() && is_digit(word.front()); }

Reading dash(const Place& place, std::string_view sign, Words& words) {
  const bool is_between = ends_with_number(place) && begins_with_number(place.word(1));
  if (is_between) {
    const bool is_sum =
        (sign == "-" || sign == "−") && is_digit(place.tokens[place.at - 1].core.back());
    say(words, place, 0, 1, is_sum ? "minus" : "to");
  } else if (!words.empty() && !words.back().spoken.ends_with(',') &&
             !words.back().spoken.ends_with('.')) {
    words.back().spoken += ',';  // a pause
  }
  return {1};
}

}  // namespace

Reading read_english_symbol(const Place& place, Words& words) {
  const std::string_view core = place.token().core;
  if (is_letter(core.front()) && core != "XD" && core != "xD" && !core.starts_with("No.") &&
      !core.starts_with("no.") && !core.starts_with("p") && core != "T_T" && core != "o_O" &&
      core != "x") {
    return {};
  }
  if (std::ranges::find(kFaces, core) != kFaces.end()) return {1};
  if (core == "-" || core == "–" || core == "—" || core == "−" || core == "--" || core == "|") {
    return dash(place, core, words);
  }
  const bool is_product = core == "*" || core == "x" || core == "/";
  if (is_product) {
    const bool is_between = ends_with_number(place) && begins_with_number(place.word(1));
    if (is_between)
      say(words, place, 0, 1, core == "/" ? "divided by" : core == "x" ? "by" : "times");
    return is_between || core != "x" ? Reading{1} : Reading{};
  }
  if (core == "#" && begins_with_number(place.word(1))) {
    say(words, place, 0, 1, "number");
    return {1};
  }
  const auto alone = std::ranges::find(kAlone, core, &Symbol::sign);
  if (alone != kAlone.end()) {
    say(words, place, 0, 1, std::string(alone->spoken));
    return {1};
  }
  for (const Symbol& before : kBefore) {
    const std::string_view rest =
        core.starts_with(before.sign) ? core.substr(before.sign.size()) : std::string_view();
    if (!begins_with_number(rest)) continue;
    const auto quantity = english_quantity(rest, place);
    const std::size_t tokens = quantity ? quantity->reading.tokens : 1;
    say(words, place, 0, tokens,
        std::string(before.spoken) + ' ' + (quantity ? quantity->spoken : english_code(rest)));
    return quantity ? quantity->reading : Reading{1};
  }
  const bool is_tag =
      core.size() > 1 && (core.front() == '#' || core.front() == '@') && is_letter(core[1]);
  if (is_tag) {
    say(words, place, 0, 1,
        (core.front() == '#' ? "hashtag " : "at ") + english_code(core.substr(1)));
    return {1};
  }
  return {};
}

}  // namespace parley::text
