// SPDX-License-Identifier: Apache-2.0
#include "protocol/header_value.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(HeaderValue, HasAWordAndParameters) {
  const auto value = parse_header_value(" Audio/WAV ; Rate=8000; name=\"a; b\"; ;empty=; bare");
  ASSERT_FALSE(value) << "a parameter without a value";
  const auto good = parse_header_value(" Audio/WAV ; Rate=8000; name=\"a; b\"; ;empty=");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->word, "audio/wav");
  ASSERT_NE(good->parameter("rate"), nullptr);
  EXPECT_EQ(*good->parameter("rate"), "8000");
  EXPECT_EQ(*good->parameter("name"), "a; b");
  EXPECT_EQ(*good->parameter("empty"), "");
  EXPECT_EQ(good->parameter("other"), nullptr);
}

TEST(HeaderValue, RefusesQuotesThatAreNeverClosedOrFollowedByMore) {
  EXPECT_FALSE(parse_header_value("a; b=\"c"));
  EXPECT_FALSE(parse_header_value("a; b=\"c\\\""));
  EXPECT_FALSE(parse_header_value("a; b=\"c\"d"));
  EXPECT_TRUE(parse_header_value("a; b=\"c\" ; d=e"));
  EXPECT_TRUE(parse_header_value(""));
}

TEST(HeaderValue, TextInLowerCaseAndWithoutBlanks) {
  EXPECT_EQ(lower_case("AbZ-É"), "abz-É");
  EXPECT_EQ(without_blanks(" \ta b\t "), "a b");
  EXPECT_EQ(without_blanks(" \t"), "");
}

}  // namespace
}  // namespace parley::protocol
