// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_hot_words.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using Words = std::vector<std::string>;

model::AsrHintsRef hints(Words words) {
  return std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = std::move(words)});
}

/// One token a line, each with its number, as in a tokens.txt.
std::string tokens(const Words& all) {
  std::string text;
  for (const std::string& token : all) text += token + " " + std::to_string(text.size()) + "\n";
  return text;
}

std::string pieces_in_capitals() {
  Words all{"<blk>", "<sos/eos>", "\u2581THE", "ING", "'", "\u2581", "#0"};
  for (char c = 'A'; c <= 'Z'; ++c) all.emplace_back(1, c);
  return tokens(all);
}

TEST(SherpaHotWords, AreWrittenInTheLettersOfTheTokens) {
  const SherpaHotWords words(pieces_in_capitals(), "bpe", "m", {});
  EXPECT_EQ(words.of(hints({"Parley", "Svea Lindqvist"})), "PARLEY/SVEA LINDQVIST");
  EXPECT_EQ(words.of(nullptr), "");
  EXPECT_EQ(words.of(hints({})), "");
  const SherpaHotWords lower(tokens({"\u2581one", "a", "b"}), "bpe", "m", {});
  EXPECT_EQ(lower.of(hints({"AB"})), "ab");
  const SherpaHotWords both(tokens({"A", "b"}), "bpe", "m", {});
  EXPECT_EQ(both.of(hints({"Ab", "aB"})), "Ab");
}

TEST(SherpaHotWords, WhatTokensCannotWriteIsLeftOut) {
  const SherpaHotWords words(pieces_in_capitals(), "bpe", "m", {});
  EXPECT_EQ(words.of(hints({"Zo\u00EB", "4711", "\u4F60\u597D", "\xFF\xC3", "", " . "})), "");
  EXPECT_EQ(words.of(hints({"Jean-Luc", "O'Brien", "  AC/DC\n"})), "JEAN LUC/O'BRIEN/AC DC");
  EXPECT_EQ(words.of(hints({":7", "#1", "@home", "a:b", "no :2.5", ":"})), "HOME/A B")
      << "marks of sherpa's own";
}

TEST(SherpaHotWords, CharactersAreTokensOfTheirOwn) {
  const std::string mixed =
      tokens({"\u4F60", "\u597D", "HELLO", "\u2581HE", "H", "I", "5G", "\u5B57"});
  const SherpaHotWords characters(mixed, "cjkchar", "m", {});
  EXPECT_EQ(characters.of(hints({"\u4F60\u597D", "\u4F60\u5B83"})), "\u4F60\u597D");
  EXPECT_EQ(characters.of(hints({"hello", "hi", "\u4F60hello\u597D"})), "HELLO/\u4F60HELLO\u597D")
      << "a word of letters is looked up whole";
  const SherpaHotWords both(mixed, "cjkchar+bpe", "m", {});
  EXPECT_EQ(both.of(hints({"hi", "5g\u597D", "5", "\u4F60hi"})), "HI/5G\u597D/\u4F60HI");
}

TEST(SherpaHotWords, ThoseOfTheConfigurationComeFirst) {
  const SherpaHotWords words(pieces_in_capitals(), "bpe", "m", {"parley"});
  EXPECT_EQ(words.of(nullptr), "PARLEY");
  EXPECT_EQ(words.of(hints({"Svea"})), "PARLEY/SVEA");
}

TEST(SherpaHotWords, HaveALimit) {
  const SherpaHotWords words(pieces_in_capitals(), "bpe", "m", {});
  const std::string text = words.of(hints(Words(500, std::string(256, 'x'))));
  EXPECT_LE(text.size(), kSherpaHotWordsBytesMax);
  EXPECT_GT(text.size(), kSherpaHotWordsBytesMax - 300);
}

TEST(SherpaHotWords, AModelWithoutAUnitTakesNone) {
  const auto words = SherpaHotWords::make({}, {"parley"});
  ASSERT_TRUE(words) << words.error().message;
  ::testing::internal::CaptureStderr();
  EXPECT_EQ((*words)->of(nullptr), "");
  EXPECT_EQ((*words)->of(hints({"Svea"})), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "it was said when it was loaded";
  SherpaModel model;
  model.modeling_unit = "bpe";
  model.files["tokens"] = "/nonexistent/tokens.txt";
  EXPECT_EQ(SherpaHotWords::make(model, {}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace parley::backend
