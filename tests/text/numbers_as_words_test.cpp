// SPDX-License-Identifier: Apache-2.0
#include "text/numbers_as_words.h"

#include <gtest/gtest.h>

namespace parley::text {
namespace {

TEST(NumbersAsWords, OnlyWhatHasDigitsChanges) {
  EXPECT_EQ(numbers_as_words("It costs $5 million, Dr. Smith said."),
            "It costs five million dollars, Dr. Smith said.");
  EXPECT_EQ(numbers_as_words("May 5, 2026."), "May fifth, twenty twenty-six.");
  EXPECT_EQ(numbers_as_words(" 23"), " twenty-three") << "spaces stay";
  EXPECT_EQ(numbers_as_words("1, 2, 3."), "one, two, three.");
  EXPECT_EQ(numbers_as_words("NASA & Co., etc."), "NASA & Co., etc.");
  EXPECT_EQ(numbers_as_words(""), "");
}

TEST(NumbersAsWords, ItIsKnownWhereEachStood) {
  const Words numbers = spoken_numbers("At 5:30 we sold 99.");
  ASSERT_EQ(numbers.size(), 2U);
  EXPECT_EQ(numbers[0].spoken, "five thirty");
  EXPECT_EQ(numbers[0].begin, 3U);
  EXPECT_EQ(numbers[0].end, 7U);
  EXPECT_EQ(numbers[1].spoken, "ninety-nine.");
}

}  // namespace
}  // namespace parley::text
