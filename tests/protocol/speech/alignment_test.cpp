// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/alignment.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;
using media::SpokenForm;
using media::WordTime;

WordTime at(std::string text, int begin_ms, int end_ms) {
  return {std::move(text), MediaTime::from_ms(begin_ms), MediaTime::from_ms(end_ms)};
}

/// "H0 e50 …": each character and the millisecond at which it begins.
std::string begins(const std::vector<TimedCharacter>& characters) {
  std::string told;
  for (const TimedCharacter& one : characters) {
    if (!told.empty()) told += ' ';
    told += one.text + std::to_string(one.begin.ms());
  }
  return told;
}

void expect_touching(const std::vector<TimedCharacter>& characters) {
  for (std::size_t i = 0; i + 1 < characters.size(); ++i) {
    EXPECT_EQ(characters[i].end, characters[i + 1].begin) << i;
    EXPECT_LE(characters[i].begin, characters[i].end) << i;
  }
}

TEST(AlignmentTest, LettersShareTheirWordEvenly) {
  const std::vector<WordTime> words{at("ab", 100, 200), at("cd.", 240, 540)};
  const auto characters = align_spoken("ab cd.", words, {});
  EXPECT_EQ(begins(characters), "a100 b150  200 c240 d340 .440");
  expect_touching(characters);
  EXPECT_EQ(characters.back().end.ms(), 540);
}

TEST(AlignmentTest, LettersFollowThePhonemes) {
  const std::vector<WordTime> words{at("abcd", 0, 400)};
  const std::vector<WordTime> phonemes{at("x", 0, 300), at("y", 300, 400)};
  EXPECT_EQ(begins(align_spoken("abcd", words, phonemes)), "a0 b150 c300 d350");
}

TEST(AlignmentTest, CharactersAreCodePoints) {
  const std::vector<WordTime> words{at("你好", 0, 200), at("été", 200, 500)};
  const auto characters = align_spoken("你好été", words, {});
  ASSERT_EQ(characters.size(), 5U);
  EXPECT_EQ(characters[0].text, "你");
  EXPECT_EQ(characters[1].begin.ms(), 100);
  EXPECT_EQ(characters[3].text, "t");
  expect_touching(characters);
}

TEST(AlignmentTest, WrittenTextIsHeardWhenItsSpokenFormIs) {
  SpokenForm form;
  form.text = "it costs five dollars";
  form.spans = {{0, 2, 0, 2}, {3, 8, 3, 8}, {9, 11, 9, 21}};
  const std::vector<WordTime> words{at("it", 0, 100), at("costs", 100, 600), at("five", 700, 900),
                                    at("dollars", 950, 1300)};
  const auto characters = align_written("it costs $5.", form, words, {});
  EXPECT_EQ(begins(characters), "i0 t50  100 c100 o200 s300 t400 s500  600 $700 51000 .1300");
  expect_touching(characters);
}

TEST(AlignmentTest, WhatIsNotSpokenTakesNoTime) {
  SpokenForm form;
  form.text = "bold";
  form.spans = {{2, 6, 0, 4}};
  const auto characters = align_written("**bold**", form, std::vector{at("bold", 50, 450)}, {});
  EXPECT_EQ(begins(characters), "*50 *50 b50 o150 l250 d350 *450 *450");
}

TEST(AlignmentTest, WithoutWordsThereIsNone) {
  EXPECT_TRUE(align_spoken("ab", {}, {}).empty());
  SpokenForm form;
  form.text = "ab";
  EXPECT_TRUE(align_written("ab", form, {}, {}).empty());
}

/// Words that the text does not have, times and spans that run backwards: never a falling time.
TEST(AlignmentTest, NonsenseStaysInOrder) {
  SpokenForm form;
  form.text = "a b c";
  form.spans = {{4, 5, 0, 1}, {0, 1, 4, 5}};
  const std::vector<WordTime> words{at("c", 300, 200), at("zzz", 0, 10), at("", 0, 1),
                                    at("a", 100, 50)};
  expect_touching(align_spoken(form.text, words, words));
  expect_touching(align_written("c b a", form, words, words));
}

TEST(AlignmentTest, IsGivenOutPieceByPiece) {
  Alignment alignment;
  alignment.append(align_spoken("abcd", std::vector{at("abcd", 0, 400)}, {}),
                   MediaTime::from_ms(1000));
  const auto first = alignment.take_before(MediaTime::from_ms(1150));
  EXPECT_EQ(begins(first), "a1000 b1100");
  EXPECT_EQ(first.back().end.ms(), 1150);
  EXPECT_FALSE(alignment.empty());
  EXPECT_TRUE(alignment.take_before(MediaTime::from_ms(1200)).empty());
  alignment.append(align_spoken("e", std::vector{at("e", 0, 100)}, {}), MediaTime::from_ms(1500));
  EXPECT_EQ(begins(alignment.take_before(MediaTime::from_ms(9000))), "c1200 d1300 e1500");
  EXPECT_TRUE(alignment.empty());
}

}  // namespace
}  // namespace parley::protocol
