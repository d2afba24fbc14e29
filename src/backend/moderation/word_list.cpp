// SPDX-License-Identifier: Apache-2.0
#include "backend/moderation/word_list.h"

#include <algorithm>

namespace parley::backend {
namespace {

/// Of other alphabets every byte belongs to a word.
bool is_of_word(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
}

/// " so it is "
std::string words_of(std::string_view text) {
  std::string words = " ";
  for (const char c : text) {
    if (is_of_word(c)) {
      words += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

}  // namespace

WordList::WordList(const std::vector<std::string>& phrases) {
  for (const std::string& phrase : phrases) {
    std::string words = words_of(phrase);
    if (words != " ") phrases_.push_back(std::move(words));
  }
}

bool WordList::is_in(std::string_view text) const {
  const std::string words = words_of(text);
  return std::ranges::any_of(phrases_, [&words](const std::string& phrase) {
    return words.find(phrase) != std::string::npos;
  });
}

bool WordList::submit(std::shared_ptr<model::ModerationCall> call) {
  call->refused = is_in(call->text);
  call->status = {};
  call->finish();
  return true;
}

}  // namespace parley::backend
