// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/language_name.h"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::operators {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

constexpr std::array kNames = std::to_array<Row>(
    {{"ar", "Arabic"},   {"bg", "Bulgarian"},  {"bn", "Bengali"},    {"ca", "Catalan"},
     {"cs", "Czech"},    {"da", "Danish"},     {"de", "German"},     {"el", "Greek"},
     {"en", "English"},  {"es", "Spanish"},    {"et", "Estonian"},   {"fa", "Persian"},
     {"fi", "Finnish"},  {"fr", "French"},     {"he", "Hebrew"},     {"hi", "Hindi"},
     {"hr", "Croatian"}, {"hu", "Hungarian"},  {"id", "Indonesian"}, {"it", "Italian"},
     {"ja", "Japanese"}, {"ko", "Korean"},     {"lt", "Lithuanian"}, {"lv", "Latvian"},
     {"nl", "Dutch"},    {"no", "Norwegian"},  {"pl", "Polish"},     {"pt", "Portuguese"},
     {"ro", "Romanian"}, {"ru", "Russian"},    {"sk", "Slovak"},     {"sl", "Slovenian"},
     {"sr", "Serbian"},  {"sv", "Swedish"},    {"sw", "Swahili"},    {"ta", "Tamil"},
     {"th", "Thai"},     {"tl", "Tagalog"},    {"tr", "Turkish"},    {"uk", "Ukrainian"},
     {"ur", "Urdu"},     {"vi", "Vietnamese"}, {"yue", "Cantonese"}, {"zh", "Chinese"}});

}  // namespace

std::string_view language_name(std::string_view code) noexcept {
  const auto* const row = std::ranges::find(kNames, code, &Row::first);
  return row == kNames.end() ? code : row->second;
}

}  // namespace parley::operators
