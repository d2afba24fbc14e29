// SPDX-License-Identifier: Apache-2.0
#include "text/numbers_as_words.h"

#include "text/normalise/normaliser.h"

namespace parley::text {
namespace {

constexpr std::string_view kDigits = "0123456789";

}  // namespace

Words spoken_numbers(std::string_view text) {
  if (text.find_first_of(kDigits) == std::string_view::npos) return {};
  Words numbers = spoken_words(text, {}, {});
  std::erase_if(numbers, [&](const Word& word) {
    const std::string_view written = text.substr(word.begin, word.end - word.begin);
    return written.find_first_of(kDigits) == std::string_view::npos;
  });
  return numbers;
}

std::string numbers_as_words(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (const Word& number : spoken_numbers(text)) {
    out += text.substr(at, number.begin - at);
    out += number.spoken;
    at = number.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace parley::text
