// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/spoken_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using ::testing::ElementsAre;

double number_in(std::string_view text, std::size_t words_taken) {
  const std::vector<std::string> words = spoken_words(text);
  std::size_t at = 0;
  const std::optional<double> number = take_number(words, at);
  EXPECT_EQ(at, words_taken) << text;
  return number.value_or(-1);
}

TEST(SpokenWords, AreLowerCaseWithoutPunctuation) {
  EXPECT_THAT(spoken_words("What's Twenty-three, please?"),
              ElementsAre("what's", "twenty", "three", "please"));
  EXPECT_THAT(spoken_words("1,200.5*(3-2)"), ElementsAre("1200.5", "*", "(", "3", "-", "2", ")"));
  EXPECT_THAT(spoken_words("6 \u00D7 7 \u00F7 2."), ElementsAre("6", "*", "7", "/", "2"));
  EXPECT_THAT(spoken_words(""), ElementsAre());
}

TEST(SpokenWords, NumbersInWordsAndDigits) {
  EXPECT_EQ(number_in("twenty three", 2), 23);
  EXPECT_EQ(number_in("seventeen times", 1), 17);
  EXPECT_EQ(number_in("a hundred and five", 4), 105);
  EXPECT_EQ(number_in("two thousand three hundred and forty one", 7), 2341);
  EXPECT_EQ(number_in("one million two hundred thousand", 5), 1'200'000);
  EXPECT_EQ(number_in("2 million", 2), 2'000'000);
  EXPECT_EQ(number_in("three point one four", 4), 3.14);
  EXPECT_EQ(number_in("0.5", 1), 0.5);
  EXPECT_EQ(number_in("five six", 1), 5) << "two numbers, not one";
  EXPECT_EQ(number_in("ten five", 1), 10);
  EXPECT_EQ(number_in("five and six", 1), 5);
  EXPECT_EQ(number_in("a cat", 0), -1);
  EXPECT_EQ(number_in("hundred", 0), -1);
}

TEST(SpokenWords, NumbersAreWrittenWithoutExponents) {
  EXPECT_EQ(number_text(391), "391");
  EXPECT_EQ(number_text(0.125), "0.125");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.3");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(1e15), "1000000000000000");
  EXPECT_EQ(number_text(2.0 / 3.0), "0.6666666667");
}

}  // namespace
}  // namespace parley::backend
