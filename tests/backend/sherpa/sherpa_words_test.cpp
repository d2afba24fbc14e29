// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_words.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using media::MediaTime;

std::string told(const std::vector<const char*>& tokens, const std::vector<float>& times,
                 const std::vector<float>& lengths = {}) {
  std::string text;
  for (const media::WordTime& word : sherpa_words(
           {.tokens = tokens, .times = times, .lengths = lengths}, MediaTime::from_ms(2'000))) {
    text += word.text + "@" + std::to_string(word.begin.ms()) + "-" +
            std::to_string(word.end.ms()) + " ";
  }
  return text;
}

TEST(SherpaWords, PiecesWithASpaceBeforeThemBeginAWord) {
  EXPECT_EQ(told({" the", " cap", "tain", "."}, {0.1F, 0.3F, 0.4F, 1.9F}),
            "the@100-300 captain.@300-2000 ");
  EXPECT_EQ(told({"▁the", "▁end"}, {0.5F, 1.0F}), "the@500-740 end@1000-1240 ");
}

TEST(SherpaWords, WhereNoPieceHasOneEachIsAWordOrItsBeginning) {
  EXPECT_EQ(told({"to@@", "day", "we"}, {0.1F, 0.2F, 0.5F}), "today@100-440 we@500-740 ");
  EXPECT_EQ(told({"你", "好", " ok"}, {0.1F, 0.2F, 0.5F}), "你@100-200 好@200-440 ok@500-740 ");
}

TEST(SherpaWords, LengthsCountWhereTheyAreTold) {
  EXPECT_EQ(told({" a", " b"}, {0.1F, 1.9F}, {0.05F, 0.5F}), "a@100-150 b@1900-2000 ");
}

TEST(SherpaWords, AreNotMadeUp) {
  EXPECT_EQ(told({" a", " b"}, {}), "");
  EXPECT_EQ(told({" a", "<0xE4>", "<0xBD>"}, {0.1F, 0.2F, 0.3F}), "");
  EXPECT_EQ(told({}, {}), "");
}

TEST(SherpaLabel, IsWhatTheModelSaysOrNothing) {
  EXPECT_EQ(sherpa_label("<|HAPPY|>"), "HAPPY");
  EXPECT_EQ(sherpa_label("en"), "en");
  for (const char* none : {"<|EMO_UNKNOWN|>", "<|Event_UNK|>", "<|nospeech|>", "", "<||>"}) {
    EXPECT_EQ(sherpa_label(none), "") << none;
  }
  EXPECT_EQ(sherpa_label(nullptr), "");
}

TEST(SherpaText, HasNoSpacesAroundIt) {
  EXPECT_EQ(sherpa_text_of("  a b "), "a b");
  EXPECT_EQ(sherpa_text_of(nullptr), "");
}

TEST(SherpaWords, ScoresAreThoseOfTheJson) {
  const std::vector<const char*> tokens{" one", " two"};
  const auto scores =
      sherpa_scores(R"({"text": " one two", "ys_probs": [-0.250000, 0.000001]})", tokens);
  ASSERT_EQ(scores.size(), 2U);
  EXPECT_EQ(scores[0], (media::TokenScore{" one", -0.25}));
  EXPECT_EQ(scores[1].logprob, 0.0) << "no probability is above 1";
  for (const char* json :
       {static_cast<const char*>(nullptr), "", "{", "[]", "{}", R"({"ys_probs": []})",
        R"({"ys_probs": [-1]})", R"({"ys_probs": [-1, nan]})", R"({"ys_probs": [-1, "x"]})"}) {
    EXPECT_TRUE(sherpa_scores(json, tokens).empty()) << (json == nullptr ? "null" : json);
  }
}

}  // namespace
}  // namespace parley::backend
