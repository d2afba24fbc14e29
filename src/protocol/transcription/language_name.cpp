// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/language_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "protocol/header_value.h"

namespace parley::protocol {
namespace {

using Names = std::array<std::pair<std::string_view, std::string_view>, 101>;

constexpr Names kNames{{
    {"en", "english"},        {"zh", "chinese"},     {"de", "german"},        {"es", "spanish"},
    {"ru", "russian"},        {"ko", "korean"},      {"fr", "french"},        {"ja", "japanese"},
    {"pt", "portuguese"},     {"tr", "turkish"},     {"pl", "polish"},        {"ca", "catalan"},
    {"nl", "dutch"},          {"ar", "arabic"},      {"sv", "swedish"},       {"it", "italian"},
    {"id", "indonesian"},     {"hi", "hindi"},       {"fi", "finnish"},       {"vi", "vietnamese"},
    {"he", "hebrew"},         {"uk", "ukrainian"},   {"el", "greek"},         {"ms", "malay"},
    {"cs", "czech"},          {"ro", "romanian"},    {"da", "danish"},        {"hu", "hungarian"},
    {"ta", "tamil"},          {"no", "norwegian"},   {"th", "thai"},          {"ur", "urdu"},
    {"hr", "croatian"},       {"bg", "bulgarian"},   {"lt", "lithuanian"},    {"la", "latin"},
    {"mi", "maori"},          {"ml", "malayalam"},   {"cy", "welsh"},         {"sk", "slovak"},
    {"te", "telugu"},         {"fa", "persian"},     {"lv", "latvian"},       {"bn", "bengali"},
    {"sr", "serbian"},        {"az", "azerbaijani"}, {"sl", "slovenian"},     {"kn", "kannada"},
    {"et", "estonian"},       {"mk", "macedonian"},  {"br", "breton"},        {"eu", "basque"},
    {"is", "icelandic"},      {"hy", "armenian"},    {"ne", "nepali"},        {"mn", "mongolian"},
    {"bs", "bosnian"},        {"kk", "kazakh"},      {"sq", "albanian"},      {"sw", "swahili"},
    {"gl", "galician"},       {"mr", "marathi"},     {"pa", "punjabi"},       {"si", "sinhala"},
    {"km", "khmer"},          {"sn", "shona"},       {"yo", "yoruba"},        {"so", "somali"},
    {"af", "afrikaans"},      {"oc", "occitan"},     {"ka", "georgian"},      {"be", "belarusian"},
    {"tg", "tajik"},          {"sd", "sindhi"},      {"gu", "gujarati"},      {"am", "amharic"},
    {"yi", "yiddish"},        {"lo", "lao"},         {"uz", "uzbek"},         {"fo", "faroese"},
    {"ht", "haitian creole"}, {"ps", "pashto"},      {"tk", "turkmen"},       {"nn", "nynorsk"},
    {"mt", "maltese"},        {"sa", "sanskrit"},    {"lb", "luxembourgish"}, {"my", "myanmar"},
    {"bo", "tibetan"},        {"tl", "tagalog"},     {"mg", "malagasy"},      {"as", "assamese"},
    {"tt", "tatar"},          {"haw", "hawaiian"},   {"ln", "lingala"},       {"ha", "hausa"},
    {"ba", "bashkir"},        {"jw", "javanese"},    {"jv", "javanese"},      {"su", "sundanese"},
    {"yue", "cantonese"},
}};

}  // namespace

std::optional<std::string> language_code(std::string_view text) {
  const std::string whole = lower_case(without_blanks(text));
  const std::string primary = whole.substr(0, whole.find_first_of("-_"));
  const bool is_code = (primary.size() == 2 || primary.size() == 3) &&
                       std::ranges::all_of(primary, [](char c) { return c >= 'a' && c <= 'z'; });
  if (is_code) return primary;
  const auto named =
      std::ranges::find_if(kNames, [&](const auto& entry) { return entry.second == whole; });
  if (named == kNames.end()) return std::nullopt;
  return std::string(named->first);
}

std::string_view language_name(std::string_view code) noexcept {
  const auto named =
      std::ranges::find_if(kNames, [&](const auto& entry) { return entry.first == code; });
  return named == kNames.end() ? code : named->second;
}

}  // namespace parley::protocol
