// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/spelled_final.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/numbers_as_words.h"

namespace parley::server {
namespace {

using media::MediaTime;
using media::WordTime;

/// Words of `spoken`, as long as each other.
void append_equal(std::vector<WordTime>& words, std::string_view spoken, MediaTime begin,
                  MediaTime end) {
  const std::int64_t count = 1 + std::ranges::count(spoken, ' ');
  const std::int64_t length = end.ms() - begin.ms();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string_view word = spoken.substr(0, spoken.find(' '));
    spoken.remove_prefix(std::min(spoken.size(), word.size() + 1));
    words.push_back({std::string(word), MediaTime::from_ms(begin.ms() + length * i / count),
                     MediaTime::from_ms(begin.ms() + length * (i + 1) / count)});
  }
}

/// `words` are those of `text`; where they are not, they stay.
std::vector<WordTime> spelled(std::vector<WordTime> words, std::string_view text,
                              const text::Words& numbers) {
  std::vector<WordTime> out;
  auto number = numbers.begin();
  bool is_within = false;  // `number`, whose last word is the one before
  MediaTime begin;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const std::size_t found = i < words.size() ? text.find(words[i].text, at) : text.size();
    if (found == std::string_view::npos) return words;
    if (is_within && found >= number->end) {
      append_equal(out, number->spoken, begin, words[i - 1].end);
      is_within = false;
    }
    if (i == words.size()) break;
    at = found + words[i].text.size();
    while (number != numbers.end() && number->end <= found) ++number;
    if (number == numbers.end() || number->begin > found) {
      out.push_back(words[i]);
    } else if (!std::exchange(is_within, true)) {
      begin = words[i].begin;
    }
  }
  return out;
}

}  // namespace

service::RecognizedText spelled_final(service::RecognizedText final) {
  const text::Words numbers = text::spoken_numbers(final.text);
  if (numbers.empty()) return final;
  final.words = spelled(std::move(final.words), final.text, numbers);
  final.text = text::numbers_as_words(final.text);
  final.stable_bytes = final.text.size();
  return final;
}

}  // namespace parley::server
