// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace parley {
namespace {

Error bad(std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; }

Result<int> parse(std::string_view text) {
  if (text.empty()) return bad("empty");
  return static_cast<int>(text.size());
}

Result<std::string> twice(std::string_view text) {
  PARLEY_TRY(const int length, parse(text));
  return std::string(static_cast<std::size_t>(2 * length), 'x');
}

Status check(std::string_view text) {
  PARLEY_TRY_STATUS(parse(text).has_value() ? Status() : Status(bad("refused")));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = parse("abc");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 3);
  const Result<int> wrong = parse("");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(wrong.error().message, "empty");
  EXPECT_EQ(wrong.value_or(7), 7);
}

TEST(Result, MovesMoveOnlyValuesOut) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(4));
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 4);
}

TEST(Result, TryReturnsTheErrorToTheCaller) {
  EXPECT_EQ(*twice("ab"), "xxxx");
  EXPECT_EQ(twice("").error().message, "empty");
  EXPECT_TRUE(check("a"));
  EXPECT_EQ(check("").error().message, "refused");
}

TEST(Result, ContextGoesBeforeTheMessage) {
  const Error error = bad("no such key").with_context("parley.yaml");
  EXPECT_EQ(error.message, "parley.yaml: no such key");
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
}

TEST(ResultDeathTest, AValueThatIsNotThereStopsTheProcess) {
  const Result<int> wrong = parse("");
  EXPECT_DEATH(static_cast<void>(wrong.value()), "check failed");
}

TEST(ErrorCode, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    names.insert(to_string(static_cast<ErrorCode>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::internal) + 1);
  EXPECT_EQ(names.count("unknown"), 0U);
}

}  // namespace
}  // namespace parley
