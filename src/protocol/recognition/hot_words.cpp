// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/hot_words.h"

#include <algorithm>
#include <exception>

#include <boost/json.hpp>

#include "protocol/header_value.h"

namespace parley::protocol {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 2;
constexpr std::string_view kBlanks = " \t\r\n";

HotWordsResult checked(std::string_view field, std::vector<std::string> words) {
  if (auto problem = hot_words_problem(field, words)) return std::move(*problem);
  return words;
}

std::vector<std::string> split(std::string_view list, std::string_view separators) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(separators), list.size());
    const std::string word(without_blanks(list.substr(0, end)));
    if (!word.empty()) words.push_back(word);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

}  // namespace

std::optional<ProtocolError> hot_words_problem(std::string_view field,
                                               const std::vector<std::string>& words) {
  if (words.size() > kHotWordListMax) {
    return invalid_value(std::string(field),
                         "'" + std::string(field) + "' has " + std::to_string(words.size()) +
                             " words. Expected at most " + std::to_string(kHotWordListMax) + ".");
  }
  for (const std::string& word : words) {
    if (word.size() <= kHotWordLengthMax) continue;
    return string_too_long(std::string(field), kHotWordLengthMax, word.size());
  }
  return std::nullopt;
}

HotWordsResult parse_hot_words(std::string_view field, std::string_view list) {
  return checked(field, split(list, ","));
}

HotWordsResult parse_funasr_hot_words(std::string_view field, std::string_view text) {
  if (without_blanks(text).substr(0, 1) != "{") return checked(field, split(text, kBlanks));
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  json::error_code failure;
  try {
    const json::value value =
        json::parse(json::string_view(text.data(), text.size()), failure, {}, limits);
    if (failure || !value.is_object()) {
      return invalid_value(std::string(field), "Invalid value for '" + std::string(field) +
                                                   "'. Expected a JSON object of words.");
    }
    std::vector<std::string> words;
    for (const auto& [word, weight] : value.get_object()) {
      if (!word.empty()) words.emplace_back(word.data(), word.size());
    }
    return checked(field, std::move(words));
  } catch (const std::exception&) {  // out of memory, or a limit of the library
    return invalid_value(std::string(field), "'" + std::string(field) + "' cannot be read.");
  }
}

}  // namespace parley::protocol
