// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/spoken_phonemes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/phonemizer/phonemizer_protocol.h"

namespace parley::backend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Says each letter in upper case, so that what it was asked for can be told from what it was not.
struct ShoutingPhonemizer final : Phonemizer {
  Result<std::string> phonemes(std::string_view text, std::string_view voice) override {
    ++asked;
    language = voice;
    std::string said(text);
    for (char& letter : said) {
      if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    return said;
  }
  int asked = 0;
  std::string language;
};

struct SpokenPhonemesTest : testing::Test {
  SpokenPhonemes spoken(std::string_view text) {
    Result<SpokenPhonemes> result = spoken_phonemes(phonemizer, text, "en-us");
    EXPECT_TRUE(result);
    return result ? *result : SpokenPhonemes();
  }
  ShoutingPhonemizer phonemizer;
};

TEST_F(SpokenPhonemesTest, AsksOnceForTheTextAndItsWords) {
  const SpokenPhonemes said = spoken("well, then");
  EXPECT_EQ(said.whole, "WELL, THEN");
  EXPECT_THAT(said.words, ElementsAre("well,", "then"));
  EXPECT_THAT(said.each, ElementsAre("WELL,", "THEN"));
  EXPECT_EQ(phonemizer.asked, 1);
  EXPECT_EQ(phonemizer.language, "en-us");
}

TEST_F(SpokenPhonemesTest, PhonemesInTheTextAreSaidAsTheyAre) {
  const SpokenPhonemes said = spoken("say [[təmˈeɪtoʊ]], please");
  EXPECT_EQ(said.whole, "SAY  təmˈeɪtoʊ,  PLEASE");
  EXPECT_THAT(said.words, ElementsAre("say", "[[təmˈeɪtoʊ]],", "please"));
  EXPECT_THAT(said.each, ElementsAre("SAY", "təmˈeɪtoʊ,", "PLEASE"));
}

TEST_F(SpokenPhonemesTest, PhonemesAloneNeedNoPhonemizer) {
  const SpokenPhonemes said = spoken("[[a b]]. [[c]]!");
  EXPECT_EQ(said.whole, "a b. c!");
  EXPECT_THAT(said.words, ElementsAre("[[a b]].", "[[c]]!"));
  EXPECT_EQ(phonemizer.asked, 0);
}

TEST_F(SpokenPhonemesTest, BracketsThatAreNotClosedAreText) {
  EXPECT_EQ(spoken("one [[two").whole, "ONE [[TWO");
  EXPECT_EQ(spoken("one ]] two").whole, "ONE ]] TWO");
  EXPECT_THAT(spoken("[[]][[ ]]").words, IsEmpty());
  EXPECT_EQ(spoken("a[[b]]c").whole, "A b C");
}

TEST_F(SpokenPhonemesTest, ASeparatorInTheTextIsASpace) {
  EXPECT_THAT(spoken("one\x1Ftwo").words, ElementsAre("one", "two"));
}

TEST_F(SpokenPhonemesTest, ALongTextIsSpokenWithoutItsWords) {
  const std::string text(kPhonemizerTextMax / 2 + 10, 'a');
  const SpokenPhonemes said = spoken(text);
  EXPECT_EQ(said.whole.size(), text.size());
  EXPECT_THAT(said.each, IsEmpty());
}

TEST_F(SpokenPhonemesTest, NothingIsNothing) {
  EXPECT_EQ(spoken("").whole, "");
  EXPECT_EQ(spoken(" \n").whole, "");
  EXPECT_EQ(phonemizer.asked, 0);
}

// A phonemizer that tells less than it was asked for says it all the same, without the words.
struct TersePhonemizer final : Phonemizer {
  Result<std::string> phonemes(std::string_view /*text*/, std::string_view /*voice*/) override {
    return std::string("wˈɛl");
  }
};

TEST(SpokenPhonemes, WordsAreLeftOutWhenTheirPhonemesAreNotKnown) {
  TersePhonemizer phonemizer;
  const Result<SpokenPhonemes> said = spoken_phonemes(phonemizer, "well, then", "en-us");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->whole, "wˈɛl");
  EXPECT_THAT(said->each, IsEmpty());
}

}  // namespace
}  // namespace parley::backend
