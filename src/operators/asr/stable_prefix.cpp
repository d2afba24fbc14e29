// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/stable_prefix.h"

#include "operators/asr/spoken_words.h"

namespace parley::operators {

void StablePrefix::add(std::string_view hypothesis, Ending ending) {
  const std::vector<SpokenWord> words = spoken_words(hypothesis);
  std::size_t agreed = 0;
  while (agreed < words.size() && agreed < last_.size() &&
         words[agreed].compared == last_[agreed]) {
    ++agreed;
  }
  if (ending == Ending::open && agreed > 0 && agreed == words.size()) --agreed;
  // As the hypothesis writes them, which is how the next one will most likely write them, too.
  for (; stable_words_ < agreed; ++stable_words_) {
    const SpokenWord& word = words[stable_words_];
    stable_ += hypothesis.substr(word.begin, word.end - word.begin);
  }
  text_ = stable_;
  if (words.size() >= stable_words_) {
    const std::size_t from = stable_words_ == 0 ? 0 : words[stable_words_ - 1].end;
    text_ += hypothesis.substr(from);
  }
  last_.clear();
  for (const SpokenWord& word : words) last_.push_back(word.compared);
}

void StablePrefix::clear() {
  text_.clear();
  stable_.clear();
  stable_words_ = 0;
  last_.clear();
}

}  // namespace parley::operators
