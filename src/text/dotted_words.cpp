// SPDX-License-Identifier: Apache-2.0
#include "text/dotted_words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "text/character.h"

namespace parley::text {
namespace {

using Word = std::string_view;

// Each list in alphabetical order, in lower case.
constexpr std::array kInside = std::to_array<Word>(
    {"adj",  "approx", "bzw",  "ca",   "capt", "cf",   "cmdr", "col", "dr",   "e.g",  "eg",
     "est",  "ft",     "gen",  "ges",  "gov",  "hon",  "i.e",  "ie",  "incl", "lt",   "m",
     "maj",  "messrs", "mgr",  "mlle", "mm",   "mme",  "mr",   "mrs", "ms",   "mt",   "mx",
     "orig", "pres",   "prof", "pt",   "rep",  "resp", "rev",  "sen", "sgt",  "sgts", "sr",
     "sra",  "srta",   "st",   "ste",  "u.a",  "ud",   "usw",  "vgl", "viz",  "vs",   "z.b"});
constexpr std::array kNumber =
    std::to_array<Word>({"apr", "aug", "ch",  "dec", "eq",   "ext", "feb", "fig", "figs", "jan",
                         "jul", "jun", "mar", "no",  "nos",  "nov", "nr",  "oct", "p",    "par",
                         "pg",  "pp",  "sec", "sep", "sept", "tel", "vol", "vols"});
constexpr std::array kEither = std::to_array<Word>(
    {"al",  "apt",  "assn", "ave", "bldg", "blvd", "bros",  "co",  "corp", "dept", "div",  "esq",
     "etc", "fri",  "ft",   "gal", "hr",   "hrs",  "hwy",   "in",  "inc",  "intl", "jr",   "kg",
     "km",  "lb",   "lbs",  "ltd", "min",  "mins", "misc",  "mon", "oz",   "ph.d", "pkwy", "rd",
     "sat", "secs", "sq",   "sun", "temp", "thu",  "thurs", "tue", "tues", "univ", "wed",  "yd"});
constexpr std::array kStarters = std::to_array<Word>(
    {"a",         "after", "all",    "also",    "although", "an",    "and",     "another", "any",
     "are",       "as",    "at",     "because", "before",   "both",  "but",     "by",      "can",
     "did",       "do",    "does",   "during",  "each",     "every", "finally", "first",   "for",
     "from",      "have",  "he",     "her",     "here",     "his",   "how",     "however", "i",
     "i'm",       "if",    "in",     "is",      "it",       "it's",  "its",     "let",     "many",
     "meanwhile", "more",  "most",   "my",      "no",       "not",   "now",     "on",      "once",
     "one",       "our",   "please", "she",     "since",    "so",    "some",    "still",   "such",
     "that",      "the",   "their",  "then",    "there",    "these", "they",    "this",    "those",
     "though",    "thus",  "to",     "today",   "was",      "we",    "were",    "what",    "when",
     "where",     "which", "while",  "who",     "why",      "with",  "yes",     "yet",     "you",
     "your"});
constexpr std::array kPhrases = std::to_array<Word>(
    {"although", "and", "as", "because", "but", "if", "or", "since", "so", "than", "that", "unless",
     "until", "when", "where", "whereas", "which", "while", "who"});

static_assert(std::ranges::is_sorted(kInside) && std::ranges::is_sorted(kNumber));
static_assert(std::ranges::is_sorted(kEither) && std::ranges::is_sorted(kStarters));
static_assert(std::ranges::is_sorted(kPhrases));

constexpr std::size_t kWordBytesMax = 9;  // the longest of them

std::string lowered(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool is_in(const auto& list, std::string_view word) {
  return word.size() <= kWordBytesMax && std::ranges::binary_search(list, Word(lowered(word)));
}

/// "J", "U.S", "a.m", "D.C": single letters with full stops between.
bool is_initials(std::string_view word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (i % 2 == 0 ? !is_letter(word[i]) : word[i] != '.') return false;
  }
  return word.size() % 2 == 1;
}

}  // namespace

DotKind dot_kind(std::string_view word) {
  if (word.empty() || word.size() > kWordBytesMax + 4) return DotKind::sentence;
  if (is_in(kInside, word)) return word == "m" ? DotKind::either : DotKind::inside;
  if (is_in(kNumber, word)) return DotKind::number;
  if (is_in(kEither, word) || is_initials(word)) return DotKind::either;
  return DotKind::sentence;
}

bool begins_sentence(std::string_view word) {
  return !word.empty() && is_upper(word.front()) && is_in(kStarters, word);
}

bool begins_phrase(std::string_view word) { return is_in(kPhrases, word); }

}  // namespace parley::text
