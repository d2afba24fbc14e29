// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "text/character.h"
#include "text/dotted_words.h"
#include "text/normalise/english_acronyms.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/spelling.h"

namespace parley::text {
namespace {

enum class When : std::uint8_t {
  dot,     // with its full stop
  always,  // without, too
  name,    // with or without it, before a name: "Dr. Smith"
  number   // before a number: "No. 5"
};

struct Abbreviation {
  std::string_view written;  // in lower case, without the last full stop
  std::string_view spoken;
  When when;
};

using enum When;

constexpr std::array kAbbreviations = std::to_array<Abbreviation>({
    {"mr", "Mister", name},
    {"mrs", "Missus", name},
    {"dr", "Doctor", name},
    {"prof", "Professor", name},
    {"rev", "Reverend", name},
    {"gen", "General", name},
    {"sen", "Senator", name},
    {"rep", "Representative", name},
    {"gov", "Governor", name},
    {"capt", "Captain", name},
    {"cmdr", "Commander", name},
    {"sgt", "Sergeant", name},
    {"lt", "Lieutenant", name},
    {"col", "Colonel", name},
    {"maj", "Major", name},
    {"hon", "Honorable", name},
    {"pres", "President", name},
    {"st", "Saint", name},
    {"mt", "Mount", name},
    {"ft", "Fort", name},
    {"mr", "Mister", dot},
    {"mrs", "Missus", dot},
    {"prof", "Professor", dot},
    {"gov", "Governor", dot},
    {"capt", "Captain", dot},
    {"sgt", "Sergeant", dot},
    {"dr", "Drive", dot},
    {"st", "Street", dot},
    {"jr", "Junior", always},
    {"sr", "Senior", dot},
    {"esq", "Esquire", dot},
    {"vs", "versus", always},
    {"etc", "et cetera", always},
    {"e.g", "for example", always},
    {"i.e", "that is", always},
    {"eg", "for example", dot},
    {"ie", "that is", dot},
    {"cf", "compare", dot},
    {"ca", "circa", dot},
    {"viz", "namely", dot},
    {"approx", "approximately", dot},
    {"dept", "Department", dot},
    {"univ", "University", dot},
    {"assn", "Association", dot},
    {"govt", "government", dot},
    {"inc", "Incorporated", dot},
    {"corp", "Corporation", dot},
    {"co", "Company", dot},
    {"ltd", "Limited", always},
    {"bros", "Brothers", dot},
    {"intl", "International", dot},
    {"ave", "Avenue", dot},
    {"blvd", "Boulevard", dot},
    {"rd", "Road", dot},
    {"ln", "Lane", dot},
    {"hwy", "Highway", dot},
    {"pkwy", "Parkway", dot},
    {"sq", "Square", dot},
    {"apt", "apartment", dot},
    {"bldg", "Building", dot},
    {"misc", "miscellaneous", dot},
    {"max", "maximum", dot},
    {"temp", "temperature", dot},
    {"tel", "telephone", dot},
    {"ext", "extension", dot},
    {"incl", "including", dot},
    {"est", "established", dot},
    {"min", "minimum", dot},
    {"w/", "with", always},
    {"w/o", "without", always},
    {"ph.d", "P.H.D.", always},
    {"phd", "P.H.D.", always},
    {"a.k.a", "also known as", always},
    {"aka", "also known as", always},
    {"no", "number", number},
    {"nos", "numbers", number},
    {"vol", "volume", number},
    {"vols", "volumes", number},
    {"p", "page", number},
    {"pg", "page", number},
    {"pp", "pages", number},
    {"fig", "figure", number},
    {"figs", "figures", number},
    {"ch", "chapter", number},
    {"sec", "section", number},
    {"eq", "equation", number},
    {"art", "article", number},
    {"rte", "route", number},
    {"mon", "Monday", dot},
    {"tue", "Tuesday", dot},
    {"tues", "Tuesday", dot},
    {"wed", "Wednesday", dot},
    {"thu", "Thursday", dot},
    {"thur", "Thursday", dot},
    {"thurs", "Thursday", dot},
    {"fri", "Friday", dot},
    {"sat", "Saturday", dot},
    {"sun", "Sunday", dot},
});
constexpr std::size_t kAbbreviationBytesMax = 6;

/// Whether the token behind a title or a saint is a name that goes with it.
bool is_before_name(const Place& place) {
  if (!place.follows_dot(1)) return false;
  const std::string_view next = place.token(1).core;
  return is_upper(next.front()) && !begins_sentence(next);
}

bool fits(const Abbreviation& known, const Place& place, bool has_dot) {
  switch (known.when) {
    case dot:
      return has_dot;
    case always:
      return true;
    case name: {
      // "Main St. The": a street's. Behind a name it is one, before a name a saint.
      const bool is_lower_case = is_lower(place.token().core.front());
      return !is_lower_case && is_before_name(place);
    }
    case number:
      return has_dot && place.follows_dot(1) && is_digit(place.token(1).core.front());
  }
  return false;
}

int roman_value(std::string_view word) {
  struct Digit {
    char letter;
    int value;
  };
  constexpr std::array kDigits = std::to_array<Digit>(
      {{'I', 1}, {'V', 5}, {'X', 10}, {'L', 50}, {'C', 100}, {'D', 500}, {'M', 1000}});
  int value = 0;
  int last = 5000;
  for (const char c : word) {
    const auto digit = std::ranges::find(kDigits, c, &Digit::letter);
    if (digit == kDigits.end()) return 0;
    value += digit->value > last ? digit->value - 2 * last : digit->value;
    last = digit->value;
  }
  return value;
}

std::string roman_of(int value) {
  struct Step {
    int value;
    std::string_view letters;
  };
  constexpr std::array kSteps = std::to_array<Step>({{100, "C"},
                                                     {90, "XC"},
                                                     {50, "L"},
                                                     {40, "XL"},
                                                     {10, "X"},
                                                     {9, "IX"},
                                                     {5, "V"},
                                                     {4, "IV"},
                                                     {1, "I"}});
  std::string letters;
  for (const Step& step : kSteps) {
    while (value >= step.value) {
      letters += step.letters;
      value -= step.value;
    }
  }
  return letters;
}

constexpr std::array kRulers = std::to_array<std::string_view>(
    {"alexander", "alfonso",   "benedict", "carl",      "catherine", "charles",   "christian",
     "edward",    "elizabeth", "felipe",   "ferdinand", "francis",   "frederick", "george",
     "gregory",   "gustav",    "haakon",   "harald",    "henry",     "innocent",  "ivan",
     "james",     "john",      "juan",     "leo",       "leopold",   "louis",     "mary",
     "napoleon",  "nicholas",  "olaf",     "paul",      "peter",     "philip",    "pius",
     "ptolemy",   "ramses",    "rama",     "richard",   "urban",     "victor",    "wilhelm",
     "william",   "willem",    "xerxes"});
constexpr std::array kNumbered = std::to_array<std::string_view>(
    {"act",     "appendix", "article", "book",  "bowl",   "chapter", "class",  "division",
     "episode", "figure",   "grade",   "group", "ii",     "level",   "lesson", "mark",
     "number",  "part",     "phase",   "psalm", "scene",  "section", "stage",  "step",
     "table",   "title",    "type",    "unit",  "volume", "war"});

bool is_in(const auto& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// A single "I" is the pronoun unless a ruler's name is before it and a sentence does not go on.
bool is_pronoun(const Place& place, std::string_view numeral) {
  if (numeral != "I") return false;
  if (!place.token().trail.empty()) return false;
  if (place.at >= 2) {
    constexpr std::array kTitles = std::to_array<std::string_view>(
        {"king", "queen", "pope", "emperor", "tsar", "czar", "prince", "kaiser", "empress"});
    const std::string title = lowered(place.tokens[place.at - 2].core);
    if (is_in(kTitles, title)) return false;
  }
  const std::string_view next = place.word(1);
  constexpr std::array kAfter = std::to_array<std::string_view>(
      {"of", "and", "ruled", "reigned", "died", "became", "to", "in", "who"});
  return !is_in(kAfter, next);
}

bool is_loud_around(const Place& place) {
  std::size_t capitals = 0;
  std::size_t words = 0;
  for (const Token& token : place.tokens) {
    if (token.core.empty() || !is_letter(token.core.front())) continue;
    ++words;
    const bool is_all = std::ranges::all_of(token.core, [](char c) { return !is_lower(c); });
    if (is_all && token.core.size() > 1) ++capitals;
  }
  return capitals >= 3 && capitals * 10 >= words * 6;
}

}  // namespace

Reading read_english_abbreviation(const Place& place, Words& words) {
  const Token& token = place.token();
  if (token.core.size() > kAbbreviationBytesMax) return {};
  const std::string word = lowered(token.core);
  if (word == "et" && place.word(1) == "al") {
    say(words, place, 0, 2, "and others");
    return {2, true};
  }
  const bool has_dot = token.trail.starts_with('.') && !token.trail.starts_with("..");
  for (const Abbreviation& known : kAbbreviations) {
    if (known.written != word || !fits(known, place, has_dot)) continue;
    // "max." and "min." are short forms; "Max." and "no." may be the end of a sentence.
    const bool is_name = is_upper(token.core.front()) && known.when == When::dot &&
                         is_lower(known.spoken.front()) && !place.follows_dot(1);
    if (is_name) continue;
    std::string spoken(known.spoken);
    if (is_upper(token.core.front())) spoken.front() = upper(spoken.front());
    if (is_lower(token.core.front()) && word != "phd") {
      std::ranges::transform(spoken.begin(), spoken.begin() + 1, spoken.begin(), lower);
    }
    say(words, place, 0, 1, std::move(spoken));
    return {1, has_dot};
  }
  return {};
}

Reading read_english_initials(const Place& place, Words& words) {
  std::string letters;
  std::size_t count = 0;
  while (place.at + count < place.tokens.size()) {
    const Token& token = place.token(count);
    const std::string_view core = token.core;
    bool is_initials = token.region == nullptr && core.size() % 2 == 1 && core.size() <= 11;
    for (std::size_t i = 0; i < core.size() && is_initials; ++i) {
      is_initials = i % 2 == 0 ? is_letter(core[i]) : core[i] == '.';
    }
    // A letter by itself: with its full stop, and before a name.
    if (is_initials && core.size() == 1) {
      is_initials = is_upper(core.front()) && token.trail == "." && core != "I" &&
                    place.at + count + 1 < place.tokens.size() && place.follows_dot(count + 1) &&
                    is_upper(place.token(count + 1).core.front()) &&
                    !begins_sentence(place.token(count + 1).core);
    }
    if (!is_initials || (count > 0 && (core.size() > 1 || !token.lead.empty()))) break;
    letters += spelled_letters(core);
    ++count;
    if (core.size() > 1) break;
  }
  if (count == 0) return {};
  say(words, place, 0, count, letters);
  return {count, true};
}

Reading read_english_roman(const Place& place, Words& words) {
  std::string_view numeral = place.token().core;
  const bool is_possessive = numeral.ends_with("'s") || numeral.ends_with("’s");
  if (is_possessive) numeral.remove_suffix(numeral.ends_with("'s") ? 2 : 4);
  if (numeral.empty() || numeral.size() > 8 || place.at == 0 || !place.token().lead.empty())
    return {};
  const Token& before = place.tokens[place.at - 1];
  if (!before.trail.empty() || before.core.empty() || !is_upper(before.core.front())) return {};
  const int value = roman_value(numeral);
  if (value == 0 || roman_of(value) != numeral) return {};
  const std::string name = lowered(before.core);
  std::string spoken;
  if (is_in(kRulers, name) && value < 40) {
    if (is_pronoun(place, numeral)) return {};
    spoken = "the " + english_ordinal(value);
  } else if (is_in(kNumbered, name)) {
    if (numeral == "I" && !is_in(kNumbered, name)) return {};
    spoken = english_cardinal(value);
  } else {
    // Of other names only what is hardly an acronym: "Apollo XIII", not "Sony CD".
    const bool is_small = numeral.size() >= 2 && value < 40;
    const bool is_name = std::ranges::any_of(before.core, is_lower) && before.core.size() > 2;
    if (!is_small || !is_name) return {};
    spoken = english_cardinal(value);
  }
  say(words, place, 0, 1, spoken + (is_possessive ? "'s" : ""));
  return {1};
}

Reading read_english_plain_word(const Place& place, Words& words) {
  const std::string_view core = place.token().core;
  const bool is_plain = std::ranges::all_of(
      core, [](char c) { return is_letter(c) || is_beyond_ascii(c) || c == '\'' || c == '-'; });
  // Dashes and other signs of U+2000 to U+2BFF make it none; an apostrophe does not.
  std::size_t sign = 0;
  while ((sign = core.find('\xE2', sign)) != std::string_view::npos) {
    if (!core.substr(sign).starts_with("’") && static_cast<unsigned char>(core[sign + 1]) < 0xB0) {
      return {};
    }
    ++sign;
  }
  if (!is_plain || core.front() == '-' || core.back() == '-') return {};
  const bool has_capitals = std::ranges::count_if(core, is_upper) > 1;
  if (!has_capitals) {
    say(words, place, 0, 1, std::string(core));
    return {1};
  }
  const Around around = is_loud_around(place) ? Around::capitals : Around::words;
  std::string spoken;
  for (std::string_view rest = core; !rest.empty();) {  // "NATO-led"
    const std::size_t end = std::min(rest.find('-'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (!spoken.empty()) spoken += '-';
    spoken += english_acronym(part, around).value_or(std::string(part));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  say(words, place, 0, 1, std::move(spoken));
  return {1};
}

}  // namespace parley::text
