// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/word_spans.h"

#include <algorithm>
#include <cstdint>

#include "backend/onnx/utf8_character.h"

namespace parley::backend {
namespace {

constexpr std::string_view kSpaces = " \t\n\r";
constexpr std::u32string_view kGaps = U" ,;:.!?";
constexpr std::u32string_view kStress = U"ˈˌ";
constexpr std::u32string_view kVowels = U"aeiouyɐɑɒæɔəɚɛɜɝɪʊʌøœɯɤɨʉɘɵɞᵻ";

constexpr float kOtherVowel = 0.4F;
constexpr float kOtherConsonant = 0.7F;
constexpr float kOtherKind = 1.1F;
constexpr float kLeftOut = 0.6F;   // a sound that only one of the two has
constexpr float kOtherGap = 0.3F;  // a gap before only one of two sounds

struct Sound {
  char32_t symbol = 0;
  bool after_gap = false;
  std::size_t begin = 0;  // byte, a stress mark before it included
  std::size_t end = 0;    // byte, a length mark after it included
  std::size_t word = 0;
};

/// Marks that belong to the sound before them: lengths, and what Unicode combines.
bool is_modifier(char32_t c) {
  return c == U'ː' || c == U'ˑ' || c == U'ʰ' || c == U'ʲ' || (c >= 0x0300 && c <= 0x036F);
}

void append_sounds(std::string_view phonemes, std::size_t word, std::vector<Sound>& sounds) {
  bool after_gap = true;
  bool stressed = false;
  std::size_t begin = 0;
  std::string_view rest = phonemes;
  while (!rest.empty()) {
    const std::size_t at = phonemes.size() - rest.size();
    const char32_t c = take_character(rest);
    const std::size_t end = phonemes.size() - rest.size();
    if (kGaps.find(c) != std::u32string_view::npos) {
      after_gap = true;
      stressed = false;
    } else if (kStress.find(c) != std::u32string_view::npos) {
      begin = stressed ? begin : at;
      stressed = true;
    } else if (is_modifier(c) && !after_gap && !sounds.empty()) {
      sounds.back().end = end;
    } else {
      sounds.push_back({c, after_gap, stressed ? begin : at, end, word});
      after_gap = false;
      stressed = false;
    }
  }
}

bool is_vowel(char32_t c) { return kVowels.find(c) != std::u32string_view::npos; }

float replacing(const Sound& one, const Sound& other) {
  float cost = one.after_gap == other.after_gap ? 0.0F : kOtherGap;
  if (one.symbol == other.symbol) return cost;
  if (is_vowel(one.symbol) != is_vowel(other.symbol)) return cost + kOtherKind;
  return cost + (is_vowel(one.symbol) ? kOtherVowel : kOtherConsonant);
}

/// Gives each sound of `said` the word of the sound of `each` that it stands for.
void align(std::vector<Sound>& said, const std::vector<Sound>& each) {
  enum class Step : std::uint8_t { both, said_only, each_only };
  const std::size_t columns = each.size() + 1;
  std::vector<float> cost((said.size() + 1) * columns);
  std::vector<Step> steps(cost.size(), Step::both);
  for (std::size_t i = 0; i <= said.size(); ++i) {
    for (std::size_t j = 0; j <= each.size(); ++j) {
      if (i == 0 && j == 0) continue;
      const std::size_t at = i * columns + j;
      float best = 0.0F;
      bool is_set = false;
      const auto offer = [&](float value, Step step) {
        if (is_set && value >= best) return;
        best = value;
        is_set = true;
        steps[at] = step;
      };
      if (i > 0 && j > 0) {
        offer(cost[at - columns - 1] + replacing(said[i - 1], each[j - 1]), Step::both);
      }
      if (i > 0) offer(cost[at - columns] + kLeftOut, Step::said_only);
      if (j > 0) offer(cost[at - 1] + kLeftOut, Step::each_only);
      cost[at] = best;
    }
  }
  std::size_t i = said.size();
  std::size_t j = each.size();
  while (i > 0) {
    const Step step = steps[i * columns + j];
    if (step != Step::said_only) --j;
    if (step == Step::each_only) continue;
    --i;
    // A sound of nobody's is the next word's when a gap is before it, else the one's before it.
    const std::size_t owner =
        said[i].after_gap ? std::min(j, each.size() - 1) : (j > 0 ? j - 1 : 0);
    said[i].word = each[step == Step::both ? j : owner].word;
  }
}

}  // namespace

std::vector<WordSpan> sound_spans(std::string_view said) {
  std::vector<Sound> sounds;
  append_sounds(said, 0, sounds);
  std::vector<WordSpan> spans;
  for (const Sound& sound : sounds) spans.push_back({sound.begin, sound.end});
  return spans;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = text.find_first_not_of(kSpaces);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(kSpaces, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSpaces, end);
  }
  return words;
}

std::vector<WordSpan> word_spans(std::string_view said, const std::vector<std::string>& each) {
  std::vector<Sound> whole;
  append_sounds(said, 0, whole);
  std::vector<Sound> single;
  for (std::size_t word = 0; word < each.size(); ++word) append_sounds(each[word], word, single);
  std::vector<WordSpan> spans(each.size());
  if (single.empty()) return spans;
  align(whole, single);
  for (const Sound& sound : whole) {
    WordSpan& span = spans[sound.word];
    if (span.end == 0) span.begin = sound.begin;
    span.end = sound.end;
  }
  return spans;
}

}  // namespace parley::backend
