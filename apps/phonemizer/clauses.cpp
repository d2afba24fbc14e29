// SPDX-License-Identifier: GPL-3.0-or-later
#include "clauses.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <espeak-ng/speak_lib.h>

namespace parley_phonemizer {
namespace {

// Characters that may stand between a mark and the end of its clause.
constexpr std::array<std::string_view, 12> kClosing{" ", "\t", "\n", "\r",     "\"",     "'",
                                                    ")", "]",  "}",  "\u201D", "\u2019", "\u00BB"};
constexpr std::string_view kEllipsis = "\u2026";
constexpr std::string_view kMarks = ",;:.!?";

// espeak-ng ends a clause after these, but nobody pauses there.
constexpr std::array<std::string_view, 9> kAbbreviations{"mr", "mrs", "ms",  "dr", "prof",
                                                         "mt", "vs",  "e.g", "i.e"};

void remove_last_character(std::string_view& text) {
  do {
    const unsigned char byte = static_cast<unsigned char>(text.back());
    text.remove_suffix(1);
    if ((byte & 0xC0U) != 0x80U) return;
  } while (!text.empty());
}

bool remove_closing(std::string_view& text) {
  for (const std::string_view closing : kClosing) {
    if (text.ends_with(closing)) {
      text.remove_suffix(closing.size());
      return true;
    }
  }
  return false;
}

bool ends_with_abbreviation(std::string_view before_dot) {
  const std::size_t space = before_dot.find_last_of(" \t\n\r(");
  std::string word(space == std::string_view::npos ? before_dot : before_dot.substr(space + 1));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kAbbreviations.begin(), kAbbreviations.end(), word) != kAbbreviations.end();
}

// "(en)" and the like say that the pronunciation is another language's; a voice cannot say them.
std::string without_language_flags(std::string_view text) {
  std::string out;
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (depth == 0) out.push_back(c == '\n' ? ' ' : c);
    if (c == ')' && depth > 0) --depth;
  }
  return out;
}

}  // namespace

std::string initialize(const char* data) {
  if (espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data, espeakINITIALIZE_DONT_EXIT) < 0) {
    return "espeak-ng cannot be initialised; is espeak-ng-data installed?";
  }
  return {};
}

std::string set_voice(const std::string& name) {
  if (espeak_SetVoiceByName(name.c_str()) == EE_OK) return {};
  return "espeak-ng has no voice '" + name + "'";
}

std::string phonemes(const std::string& text) {
  std::string out;
  const char* const end = text.data() + text.size();
  const void* next = text.c_str();
  while (next != nullptr && next != end) {
    const char* const said = espeak_TextToPhonemes(&next, espeakCHARS_UTF8, espeakPHONEMES_IPA);
    const bool is_last = next == nullptr || next == end;
    const char* const stop = is_last ? end : static_cast<const char*>(next);
    const std::string clause = said == nullptr ? std::string() : without_language_flags(said);
    const auto consumed = static_cast<std::size_t>(stop - text.data());
    const char mark = clause_end(std::string_view(text).substr(0, consumed), is_last);
    if (clause.find_first_not_of(' ') == std::string::npos) continue;
    if (!out.empty()) out.push_back(' ');
    out.append(clause);
    if (mark != 0) out.push_back(mark);
  }
  return out;
}

char clause_end(std::string_view consumed, bool is_last) {
  if (!is_last && !consumed.empty()) remove_last_character(consumed);
  while (remove_closing(consumed)) {
  }
  if (consumed.ends_with(kEllipsis)) return '.';
  const std::size_t last_text = consumed.find_last_not_of(kMarks);
  const std::size_t first_mark = last_text == std::string_view::npos ? 0 : last_text + 1;
  const std::string_view marks = consumed.substr(first_mark);
  if (marks.empty()) return 0;
  if (marks == "." && ends_with_abbreviation(consumed.substr(0, first_mark))) return 0;
  // "?!" asks, "!.." exclaims.
  for (const char mark : {'?', '!'}) {
    if (marks.find(mark) != std::string_view::npos) return mark;
  }
  return marks.back();
}

}  // namespace parley_phonemizer
