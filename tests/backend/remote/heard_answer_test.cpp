// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/heard_answer.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using media::MediaTime;

media::WordTime word(const char* text, int begin, int end) {
  return {text, MediaTime::from_ms(begin), MediaTime::from_ms(end)};
}

HeardAnswer tidy(HeardAnswer answer) {
  tidy_answer(answer, MediaTime::from_ms(1000));
  return answer;
}

TEST(HeardAnswer, IsOneLineWithOneSpaceBetweenWords) {
  EXPECT_EQ(tidy({.text = " Hello,\n  world.\t"}).text, "Hello, world.");
  EXPECT_EQ(tidy({.text = " \n"}).text, "");
  EXPECT_EQ(trimmed("\r\n a b \n"), "a b");
}

TEST(HeardAnswer, WordsAreSpeltAsInTheText) {
  const HeardAnswer answer =
      tidy({.text = "Hello, world.", .words = {word("hello", 0, 300), word("world", 400, 900)}});
  ASSERT_EQ(answer.words.size(), 2U);
  EXPECT_EQ(answer.words[0].text, "Hello,");
  EXPECT_EQ(answer.words[1].text, "world.");
}

TEST(HeardAnswer, WordsThatAreNotThoseOfTheTextAreDropped) {
  EXPECT_TRUE(tidy({.text = "Hello, world.", .words = {word("hello", 0, 300)}}).words.empty());
  EXPECT_TRUE(tidy({.text = "", .words = {word("hello", 0, 300)}}).words.empty());
}

TEST(HeardAnswer, TimesAreInOrderAndWithinTheAudio) {
  const HeardAnswer answer = tidy(
      {.text = "a b c", .words = {word("a", 500, 400), word("b", 200, 5000), word("c", 9000, 1)}});
  ASSERT_EQ(answer.words.size(), 3U);
  MediaTime last;
  for (const media::WordTime& one : answer.words) {
    EXPECT_GE(one.begin, last);
    EXPECT_GE(one.end, one.begin);
    EXPECT_LE(one.end.ms(), 1000);
    last = one.begin;
  }
}

TEST(HeardAnswer, TokensThatAreNotTheTextAreDropped) {
  EXPECT_EQ(tidy({.text = "a b", .tokens = {{"a", -1.0}, {" b", -1.0}}}).tokens.size(), 2U);
  EXPECT_TRUE(tidy({.text = "a b", .tokens = {{"a", -1.0}}}).tokens.empty());
}

}  // namespace
}  // namespace parley::backend
