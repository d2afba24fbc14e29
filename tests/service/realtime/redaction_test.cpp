// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/redaction.h"

#include <gmock/gmock.h>

namespace parley::service {
namespace {

std::string redacted(const std::vector<std::string>& patterns, std::string text) {
  const Result<Redaction> made = Redaction::make(patterns);
  EXPECT_TRUE(made);
  return made ? made->apply(std::move(text)) : "";
}

TEST(Redaction, KeepsAllWithoutPatterns) {
  EXPECT_EQ(redacted({}, "call 555 1234567"), "call 555 1234567");
  EXPECT_TRUE(Redaction::make({})->empty());
}

TEST(Redaction, HidesWhatANameStandsFor) {
  EXPECT_EQ(redacted({"email"}, "Write to jo.doe+x@mail.example.com, please."),
            "Write to [redacted], please.");
  EXPECT_EQ(redacted({"email"}, "it is jo at example dot com now"), "it is [redacted] now");
  EXPECT_EQ(redacted({"phone"}, "+49 (30) 123-4567 or 5551234"), "[redacted] or [redacted]");
  EXPECT_EQ(redacted({"phone"}, "in 1984 there were 12"), "in 1984 there were 12");
  EXPECT_EQ(redacted({"card"}, "4111 1111 1111 1111."), "[redacted].");
  EXPECT_EQ(redacted({"number"}, "a1b22"), "a[redacted]b[redacted]");
}

TEST(Redaction, HidesWhatAPatternMatchesWithoutCase) {
  EXPECT_EQ(redacted({"secret [a-z]+"}, "The SECRET word, secret Plan"),
            "The [redacted], [redacted]");
  EXPECT_EQ(redacted({"x*"}, "axxb"), "a[redacted]b");
  EXPECT_EQ(redacted({"^a"}, "aaa"), "[redacted]aa");
}

TEST(Redaction, NamesABadPattern) {
  const Result<Redaction> made = Redaction::make(std::vector<std::string>{"email", "(open"});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, ::testing::HasSubstr("'(open'"));
}

}  // namespace
}  // namespace parley::service
