// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_vocabulary.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

// 0 to 4 are text: a word, and a character of three bytes in three pieces.
const std::vector<std::string> kTokens{" one",
                                       "\xE4",
                                       "\xBD",
                                       "\xA0",
                                       " ",
                                       "<|endoftext|>",
                                       "<|startoftranscript|>",
                                       "<|en|>",
                                       "<|jw|>",
                                       "<|no|>",
                                       "<|translate|>",
                                       "<|transcribe|>",
                                       "<|nocaptions|>",
                                       "<|notimestamps|>"};

Result<WhisperVocabulary> make(const std::vector<std::string>& tokens = kTokens,
                               const WhisperVocabulary::Suppressed& suppressed = {}) {
  std::string bytes;
  for (const std::string& token : tokens) bytes += static_cast<char>(token.size()) + token;
  return WhisperVocabulary::make(*TokenTable::parse(bytes), suppressed);
}

std::string text(const std::vector<std::int64_t>& ids) { return make()->text(ids); }

TEST(WhisperVocabulary, KnowsSpecialTokensByName) {
  const auto vocabulary = make();
  ASSERT_TRUE(vocabulary);
  EXPECT_EQ(vocabulary->end(), 5);
  EXPECT_EQ(vocabulary->begin(), 6);
  EXPECT_THAT(vocabulary->task(false), testing::ElementsAre(11, 13));
  EXPECT_THAT(vocabulary->task(true), testing::ElementsAre(10, 13));
  EXPECT_EQ(vocabulary->size(), kTokens.size());
}

TEST(WhisperVocabulary, TakesLanguagesAsTheyAreWritten) {
  const auto vocabulary = make();
  EXPECT_EQ(vocabulary->language("en"), 7);
  EXPECT_EQ(vocabulary->language("EN-gb"), 7);
  EXPECT_EQ(vocabulary->language("jv"), 8) << "the model says jw";
  EXPECT_EQ(vocabulary->language("nb"), 9) << "Norwegian of either kind";
  EXPECT_EQ(vocabulary->code(8), "jv");
  EXPECT_EQ(vocabulary->code(7), "en");
  for (const char* code : {"", "e", "english", "translate", "endoftext"}) {
    EXPECT_EQ(vocabulary->language(code), std::nullopt) << code;
  }
}

TEST(WhisperVocabulary, JoinsBytesToCharactersAndLeavesHalfOnesOut) {
  EXPECT_EQ(text({0, 1, 2, 3}), "one\xE4\xBD\xA0");
  EXPECT_EQ(text({0, 1, 2}), "one");
  EXPECT_EQ(text({4, 0, 4}), "one");
  EXPECT_EQ(text({4}), "");
  EXPECT_EQ(text({0, 5, 7}), "one") << "special tokens say nothing";
}

TEST(WhisperVocabulary, MergesBytesInTheOrderOfTheTokens) {
  std::vector<std::string> tokens{"a", "b", " ", "ab", " a", "bb", "<|endoftext|>"};
  tokens.insert(tokens.end(), kTokens.begin() + 6, kTokens.end());
  EXPECT_EQ(make(tokens)->previous(), std::nullopt);
  tokens.emplace_back("<|startofprev|>");
  const auto vocabulary = make(tokens);
  ASSERT_TRUE(vocabulary) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->previous(), static_cast<std::int64_t>(tokens.size()) - 1);
  EXPECT_THAT(vocabulary->encode("ab"), testing::ElementsAre(3));
  EXPECT_THAT(vocabulary->encode(" abb"), testing::ElementsAre(2, 3, 1)) << "ab before ' a'";
  EXPECT_THAT(vocabulary->encode(" a bb"), testing::ElementsAre(4, 2, 5));
  EXPECT_THAT(vocabulary->encode("axb"), testing::ElementsAre(0, 1)) << "x is nothing to it";
  EXPECT_TRUE(vocabulary->encode("").empty());
  EXPECT_TRUE(vocabulary->encode(std::string(1000, 'a')).empty());
}

TEST(WhisperVocabulary, ReadsTheScoresAfterTheBeginning) {
  const auto vocabulary = make();
  std::vector<float> scores(kTokens.size(), 0.0F);
  scores[0] = 9.0F;  // no language
  scores[9] = 2.0F;
  EXPECT_EQ(vocabulary->likeliest_language(scores), 9);
  scores.assign(kTokens.size(), -std::numeric_limits<float>::infinity());
  scores[7] = scores[12] = 1.0F;
  EXPECT_DOUBLE_EQ(vocabulary->no_speech(scores), 0.5);
}

TEST(WhisperVocabulary, SuppressesTokens) {
  const auto vocabulary = make(kTokens, {.always = "2,12", .first = "4,5"});
  ASSERT_TRUE(vocabulary);
  std::vector<float> scores(6, 0.0F);
  vocabulary->suppress(scores, false);
  EXPECT_TRUE(std::isinf(scores[2]));
  EXPECT_FALSE(std::isinf(scores[5]));
  vocabulary->suppress(scores, true);
  EXPECT_TRUE(std::isinf(scores[4]));
  EXPECT_TRUE(std::isinf(scores[5]));
}

TEST(WhisperVocabulary, RefusesOtherModels) {
  for (std::size_t i = 5; i < kTokens.size(); ++i) {
    std::vector<std::string> tokens = kTokens;
    tokens[i] = "<|other|>";
    const bool is_language = i >= 7 && i <= 9;
    EXPECT_EQ(static_cast<bool>(make(tokens)), is_language) << kTokens[i];
  }
  EXPECT_FALSE(make(kTokens, {.always = "1;2", .first = ""}));
  EXPECT_FALSE(make(kTokens, {.always = "-1", .first = ""}));
}

}  // namespace
}  // namespace parley::backend
