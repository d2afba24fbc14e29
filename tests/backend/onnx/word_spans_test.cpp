// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/word_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;

std::vector<std::string> cut(std::string_view said, const std::vector<std::string>& each) {
  std::vector<std::string> parts;
  for (const WordSpan& span : word_spans(said, each)) {
    parts.emplace_back(said.substr(span.begin, span.end - span.begin));
  }
  return parts;
}

TEST(WordSpans, WordsAreCutAtWhiteSpace) {
  EXPECT_THAT(words_of("  Well, it's\n9:15. "), ElementsAre("Well,", "it's", "9:15."));
  EXPECT_THAT(words_of(" "), ElementsAre());
}

TEST(WordSpans, SoundsHaveTheirStressAndLengthWithThem) {
  const std::string_view said = "fˈɑːks, ɐwˈeɪ.";
  std::vector<std::string> sounds;
  for (const WordSpan span : sound_spans(said)) {
    sounds.emplace_back(said.substr(span.begin, span.end - span.begin));
  }
  EXPECT_THAT(sounds, ElementsAre("f", "ˈɑː", "k", "s", "ɐ", "w", "ˈe", "ɪ"));
}

TEST(WordSpans, OneGapPerWord) {
  EXPECT_THAT(cut("həlˈoʊ, wˈɜːld.", {"həlˈoʊ,", "wˈɜːld."}), ElementsAre("həlˈoʊ", "wˈɜːld"));
}

TEST(WordSpans, JoinedWordsAreTakenApart) {
  EXPECT_THAT(cut("ˈɛnd əvðə ɹˈoʊd", {"ˈɛnd", "ˈʌv", "ðˈə", "ɹˈoʊd"}),
              ElementsAre("ˈɛnd", "əv", "ðə", "ɹˈoʊd"));
}

TEST(WordSpans, AWordThatIsReadAsSeveralStaysOne) {
  EXPECT_THAT(cut("æt nˈaɪn fɪftˈiːn ʃˈɑːɹp", {"ˈæt", "nˈaɪn fɪftˈiːn", "ʃˈɑːɹp"}),
              ElementsAre("æt", "nˈaɪn fɪftˈiːn", "ʃˈɑːɹp"));
}

TEST(WordSpans, AWordWithoutASoundHasNone) {
  const std::vector<WordSpan> spans = word_spans("jˈɛs nˈoʊ", {"jˈɛs", "", "nˈoʊ"});
  EXPECT_EQ(spans[1].begin, spans[1].end);
  EXPECT_THAT(cut("jˈɛs nˈoʊ", {"jˈɛs", "", "nˈoʊ"}), ElementsAre("jˈɛs", "", "nˈoʊ"));
}

TEST(WordSpans, NothingToSay) {
  EXPECT_THAT(cut("", {}), ElementsAre());
  EXPECT_THAT(cut("", {"a"}), ElementsAre(""));
  EXPECT_THAT(cut("jˈɛs", {""}), ElementsAre(""));
}

}  // namespace
}  // namespace parley::backend
