// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/spoken_segments.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace parley::service {
namespace {

using media::MediaTime;
using protocol::FileSegment;

constexpr std::array<std::string_view, 7> kSentenceEnds{".", "?", "!", "…", "。", "？", "！"};
constexpr std::array<std::string_view, 5> kClauseEnds{",", ";", ":", "，", "、"};
/// A piece that is shorter goes with the next: "Mr.", "No."
constexpr MediaTime kSentenceMin = MediaTime::from_ms(1000);

template <std::size_t kCount>
bool ends_with_one_of(std::string_view word, const std::array<std::string_view, kCount>& ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return word.ends_with(end); });
}

std::string_view without_quotes(std::string_view word) {
  while (word.ends_with('"') || word.ends_with('\'') || word.ends_with(')')) word.remove_suffix(1);
  return word;
}

bool is_words(const RecognizedText& utterance) {
  std::string text;
  for (const media::WordTime& word : utterance.words) {
    if (!text.empty()) text += ' ';
    text += word.text;
  }
  return text == utterance.text;
}

double mean_logprob(const std::vector<media::TokenScore>& tokens) {
  if (tokens.empty()) return 0.0;
  double sum = 0.0;
  for (const media::TokenScore& token : tokens) sum += token.logprob;
  return sum / static_cast<double>(tokens.size());
}

/// Behind the `count` words of a piece that is so long.
bool is_cut(const media::WordTime& last, MediaTime length) {
  const std::string_view word = without_quotes(last.text);
  if (length >= kSegmentMax) return true;
  if (length >= kSentenceMin && ends_with_one_of(word, kSentenceEnds)) return true;
  return length >= MediaTime{kSegmentMax.flicks / 2} && ends_with_one_of(word, kClauseEnds);
}

}  // namespace

std::vector<FileSegment> spoken_segments(const RecognizedText& utterance) {
  std::vector<FileSegment> segments;
  if (utterance.text.empty()) return segments;
  const double logprob = mean_logprob(utterance.tokens);
  const auto add = [&](MediaTime begin, MediaTime end, std::string text,
                       std::vector<media::WordTime> words) {
    segments.push_back({.begin = begin,
                        .end = end,
                        .text = std::move(text),
                        .words = std::move(words),
                        .avg_logprob = logprob});
  };
  if (utterance.words.empty() || !is_words(utterance)) {
    add(utterance.begin, utterance.end, utterance.text, utterance.words);
    return segments;
  }
  std::string text;
  std::vector<media::WordTime> words;
  for (std::size_t i = 0; i < utterance.words.size(); ++i) {
    const media::WordTime& word = utterance.words[i];
    if (!text.empty()) text += ' ';
    text += word.text;
    words.push_back(word);
    const MediaTime begin = words.front().begin;
    const bool is_last = i + 1 == utterance.words.size();
    if (!is_last && !is_cut(word, word.end - begin)) continue;
    add(begin, word.end, std::exchange(text, {}), std::exchange(words, {}));
  }
  return segments;
}

}  // namespace parley::service
