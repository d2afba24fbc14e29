// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/heard_answer.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace parley::backend {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// The words of a text, as they stand in it.
std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string joined(const std::vector<media::TokenScore>& tokens) {
  std::string text;
  for (const media::TokenScore& token : tokens) text += token.text;
  return text;
}

}  // namespace

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

void tidy_answer(HeardAnswer& answer, media::MediaTime length) {
  // One line, one space between words: times of words count on it.
  std::string text;
  std::ranges::replace_if(
      answer.text, [](char c) { return kBlanks.find(c) != std::string_view::npos; }, ' ');
  for (const std::string_view word : words_in(answer.text)) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  answer.text = std::move(text);
  const std::vector<std::string_view> spelt = words_in(answer.text);
  if (spelt.size() != answer.words.size()) answer.words.clear();
  media::MediaTime last;
  for (std::size_t i = 0; i < answer.words.size(); ++i) {
    media::WordTime& word = answer.words[i];
    word.text = spelt[i];
    word.begin = std::clamp(word.begin, last, std::max(last, length));
    word.end = std::clamp(word.end, word.begin, std::max(word.begin, length));
    last = word.begin;
  }
  if (joined(answer.tokens) != answer.text) answer.tokens.clear();
}

}  // namespace parley::backend
