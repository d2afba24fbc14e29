// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_sentences.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using Numbers = std::vector<std::int32_t>;

TEST(SherpaSentences, EndAtFullStops) {
  const SherpaText text = sentences_of("ab, a. ʊ? c");
  EXPECT_EQ(text.sentence_lengths, (Numbers{6, 2, 1}));
  EXPECT_EQ(text.phonemes, (Numbers{'a', 'b', ',', ' ', 'a', '.', U'ʊ', '?', 'c'}));
}

TEST(SherpaSentences, WithoutASoundAreLeftOut) {
  EXPECT_TRUE(sentences_of("").sentence_lengths.empty());
  EXPECT_TRUE(sentences_of(" . ! ,;").sentence_lengths.empty());
  EXPECT_EQ(sentences_of("... a.").sentence_lengths, (Numbers{2}));
}

TEST(SherpaSentences, BytesThatAreNoTextAreLeftOut) {
  EXPECT_EQ(sentences_of("a\xFF\xC0z").phonemes, (Numbers{'a', 'z'}));
}

TEST(SherpaSentences, WordsAreSpreadEvenly) {
  const SpokenPhonemes spoken{
      .whole = "həlˈoʊ wˈɜːld.", .words = {"Hello", "world."}, .each = {"həlˈoʊ", "wˈɜːld."}};
  const auto words = likely_words(spoken, 100.0, 1000);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].text, "Hello");
  EXPECT_EQ(words[0].begin, media::MediaTime::from_samples(0, 1000));
  EXPECT_EQ(words[1].text, "world.");
  EXPECT_EQ(words[1].begin, media::MediaTime::from_samples(700, 1000));
  EXPECT_GE(words[1].begin, words[0].end);
  const auto phonemes = likely_phonemes(spoken, 100.0, 1000);
  ASSERT_GE(phonemes.size(), 8U);
  EXPECT_EQ(phonemes.front().text, "h");
  for (std::size_t i = 1; i < phonemes.size(); ++i) {
    EXPECT_GE(phonemes[i].begin, phonemes[i - 1].end);
  }
}

TEST(SherpaSentences, WhereNothingIsKnownOfWordsThereAreNone) {
  EXPECT_TRUE(likely_words({.whole = "ab", .words = {"x"}, .each = {}}, 1.0, 1000).empty());
}

}  // namespace
}  // namespace parley::backend
