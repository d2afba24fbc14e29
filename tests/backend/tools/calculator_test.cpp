// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/calculator.h"

#include <gtest/gtest.h>

#include "backend/tools/spoken_words.h"

namespace parley::backend {
namespace {

std::string answer(std::string_view sum) {
  const Result<Sum> result = calculate(sum);
  return result ? number_text(result->value) : result.error().message;
}

TEST(Calculator, SumsAsTheyAreSaid) {
  EXPECT_EQ(answer("17 times 23"), "391");
  EXPECT_EQ(answer("seventeen times twenty-three"), "391");
  EXPECT_EQ(answer("five plus six times two"), "17");
  EXPECT_EQ(answer("a hundred divided by eight"), "12.5");
  EXPECT_EQ(answer("fifteen percent of eighty"), "12");
  EXPECT_EQ(answer("the square root of two hundred and twenty five"), "15");
  EXPECT_EQ(answer("nine squared minus one"), "80");
  EXPECT_EQ(answer("two to the power of ten"), "1024");
  EXPECT_EQ(answer("minus three times minus four"), "12");
  EXPECT_EQ(answer("one and a half"), answer("nonsense"));
}

TEST(Calculator, SumsAsTheyAreWritten) {
  EXPECT_EQ(answer("(2 + 3) * 4 ="), "20");
  EXPECT_EQ(answer("10 - 2 - 3"), "5");
  EXPECT_EQ(answer("2^3 + 50%"), "8.5");
  EXPECT_EQ(answer("7 / 2"), "3.5");
  EXPECT_EQ(answer("-(3)"), "-3");
}

TEST(Calculator, SaysWhatCannotBe) {
  EXPECT_EQ(answer("1 / 0"), "One cannot divide by zero.");
  EXPECT_EQ(answer("the square root of minus one"), "A negative number has no square root.");
  EXPECT_EQ(answer("10^400"), "The answer is too large.");
  EXPECT_EQ(answer("2 +"), "That is no sum that I can work out.");
  EXPECT_EQ(answer("(2"), "That is no sum that I can work out.");
  EXPECT_EQ(answer(""), "That is no sum that I can work out.");
  EXPECT_EQ(answer(std::string(100'000, '(')), "That is no sum that I can work out.");
}

TEST(Calculator, ANumberAloneIsNoSum) {
  ASSERT_TRUE(calculate("five"));
  EXPECT_FALSE(calculate("five")->has_operator);
  EXPECT_TRUE(calculate("five plus one")->has_operator);
}

}  // namespace
}  // namespace parley::backend
