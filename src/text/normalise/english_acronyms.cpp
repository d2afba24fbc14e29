// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_acronyms.h"

#include <algorithm>
#include <array>

#include "text/character.h"
#include "text/normalise/place.h"
#include "text/normalise/spelling.h"

namespace parley::text {
namespace {

using Word = std::string_view;

// Said as words. In alphabetical order.
constexpr std::array kSaid = std::to_array<Word>(
    {"AIDS",   "ASCII",  "ASEAN",   "BIOS",   "CAD",    "CAPTCHA",  "CERN", "COBOL",   "COVID",
     "CUDA",   "DARPA",  "ERASMUS", "ESPRIT", "EBITDA", "FEMA",     "FIFA", "FORTRAN", "FOMO",
     "GAAP",   "GIF",    "GUI",     "HIPAA",  "IKEA",   "INTERPOL", "JPEG", "LAN",     "LASER",
     "LEGO",   "LIDAR",  "MIDI",    "NAFTA",  "NASA",   "NASDAQ",   "NATO", "NIMBY",   "NOAA",
     "OPEC",   "OSHA",   "PIN",     "POTUS",  "PISA",   "RADAR",    "RAM",  "REST",    "ROM",
     "SARS",   "SCOTUS", "SCUBA",   "SIM",    "SOAP",   "SONAR",    "SWAT", "TED",     "UEFA",
     "UNESCO", "UNICEF", "VAT",     "VIP",    "WASP",   "YOLO",     "ZIP"});
// Plain words that people write in capitals to be loud. In alphabetical order.
constexpr std::array kLoud = std::to_array<Word>(
    {"A",     "ALL",  "ALWAYS", "AM",    "AN",    "AND",  "ANY",  "ARE",  "AT",     "BAD",   "BE",
     "BEST",  "BIG",  "BUT",    "BY",    "CAN",   "DAY",  "DID",  "DO",   "DON'T",  "EACH",  "EVER",
     "EVERY", "FAST", "FOR",    "FREE",  "FROM",  "FULL", "GET",  "GO",   "GOOD",   "GREAT", "HAD",
     "HAS",   "HAVE", "HE",     "HELLO", "HELP",  "HER",  "HERE", "HIGH", "HIS",    "HOT",   "HOW",
     "I",     "IF",   "IN",     "INTO",  "IS",    "JUST", "KNOW", "LAST", "LESS",   "LIKE",  "LOVE",
     "LOW",   "MAN",  "MANY",   "MAY",   "ME",    "MORE", "MOST", "MUCH", "MUST",   "MY",    "NEED",
     "NEVER", "NEW",  "NEXT",   "NO",    "NOT",   "NOTE", "NOW",  "OF",   "OFF",    "OH",    "OLD",
     "ON",    "ONE",  "ONLY",   "OPEN",  "OR",    "OUR",  "OUT",  "OVER", "PLEASE", "READ",  "REAL",
     "RUN",   "SALE", "SAY",    "SEE",   "SHE",   "SO",   "SOME", "STAY", "STOP",   "TAKE",  "THAN",
     "THAT",  "THE",  "THEM",   "THEN",  "THERE", "THEY", "THIS", "TIME", "TO",     "TODAY", "TOO",
     "TWO",   "UP",   "VERY",   "WAIT",  "WAR",   "WAS",  "WAY",  "WE",   "WELL",   "WHAT",  "WHEN",
     "WHO",   "WHY",  "WILL",   "WIN",   "WITH",  "WORK", "YES",  "YOU",  "YOUR"});
static_assert(std::ranges::is_sorted(kLoud));

bool is_vowel(char c) { return std::string_view("AEIOUY").find(c) != std::string_view::npos; }

/// Consonants and vowels take turns, as in FEMA: one can say it.
bool can_be_said(Word word) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (is_vowel(word[i]) == is_vowel(word[i - 1])) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> english_acronym(std::string_view word, Around around) {
  std::size_t capitals = 0;
  while (capitals < word.size() && is_upper(word[capitals])) ++capitals;
  const std::string_view name = word.substr(0, capitals);
  const std::string_view rest = word.substr(capitals);
  const bool is_plural = rest == "s" || rest == "'s" || rest == "’s";
  if (name.size() < 2 || (!rest.empty() && !is_plural)) return std::nullopt;
  const std::string suffix = rest.empty() ? "" : rest == "s" ? "s" : "'s";
  if (name == "OK") return "okay" + suffix;
  if (std::ranges::find(kSaid, name) != kSaid.end()) return std::string(name) + suffix;
  const bool is_loud = around == Around::capitals;
  const bool may_be_word = around == Around::words && name != "AM";
  if (std::ranges::binary_search(kLoud, name) && (is_loud || may_be_word)) {
    return lowered(name) + suffix;
  }
  const bool is_word = is_loud ? name.size() >= 3 : name.size() > 5;
  if (is_word && std::ranges::any_of(name, is_vowel)) return lowered(name) + suffix;
  if (name.size() >= 4 && name != "ASAP" && can_be_said(name)) return std::string(name) + suffix;
  if (suffix == "s") return spelled_letters(name) + "s";
  return spelled_letters(name) + suffix;
}

}  // namespace parley::text
