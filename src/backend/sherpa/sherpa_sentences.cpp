// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_sentences.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "backend/onnx/utf8_character.h"
#include "backend/onnx/word_spans.h"
#include "base/utf8.h"

namespace parley::backend {
namespace {

constexpr char32_t kUnknown = 0xFFFD;

bool ends_sentence(char32_t character) {
  return character == U'.' || character == U'?' || character == U'!';
}
bool is_silent(char32_t character) {
  return std::u32string_view(U" ,;:.?!").find(character) != std::u32string_view::npos;
}

/// When what stands between two bytes of the phonemes is heard.
media::WordTime likely_time(std::string text, std::string_view whole, WordSpan span,
                            double samples_per_character, int rate) {
  const auto at = [&](std::size_t byte) {
    const auto before = static_cast<double>(characters_in(whole.substr(0, byte)));
    return media::MediaTime::from_samples(std::llround(before * samples_per_character), rate);
  };
  return {std::move(text), at(span.begin), at(span.end)};
}

}  // namespace

SherpaText sentences_of(std::string_view ipa) {
  SherpaText text;
  std::vector<std::int32_t> sentence;
  bool has_sound = false;
  const auto end_sentence = [&] {
    if (has_sound) {
      text.phonemes.insert(text.phonemes.end(), sentence.begin(), sentence.end());
      text.sentence_lengths.push_back(static_cast<std::int32_t>(sentence.size()));
    }
    sentence.clear();
    has_sound = false;
  };
  while (!ipa.empty()) {
    const char32_t character = take_character(ipa);
    if (character == kUnknown || (sentence.empty() && character == U' ')) continue;
    sentence.push_back(static_cast<std::int32_t>(character));
    has_sound = has_sound || !is_silent(character);
    if (ends_sentence(character)) end_sentence();
  }
  end_sentence();
  return text;
}

/// A word without a sound of its own, such as a dash, is written behind the one before it.
std::vector<media::WordTime> likely_words(const SpokenPhonemes& spoken,
                                          double samples_per_character, int rate) {
  std::vector<media::WordTime> words;
  if (spoken.each.empty()) return words;
  const std::vector<WordSpan> spans = word_spans(spoken.whole, spoken.each);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].end == 0 && !words.empty()) {
      (words.back().text += ' ') += spoken.words[i];
    } else {
      words.push_back(
          likely_time(spoken.words[i], spoken.whole, spans[i], samples_per_character, rate));
    }
  }
  return words;
}

std::vector<media::WordTime> likely_phonemes(const SpokenPhonemes& spoken,
                                             double samples_per_character, int rate) {
  std::vector<media::WordTime> phonemes;
  for (const WordSpan span : sound_spans(spoken.whole)) {
    phonemes.push_back(likely_time(spoken.whole.substr(span.begin, span.end - span.begin),
                                   spoken.whole, span, samples_per_character, rate));
  }
  return phonemes;
}

}  // namespace parley::backend
