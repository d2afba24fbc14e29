// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/integer_range_grammar.h"

#include <regex>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

/// What the expression means, as a regular expression: its literals and classes look alike.
std::regex as_regex(const std::string& grammar) {
  std::string pattern;
  for (const char c : grammar) {
    if (c != '"' && c != ' ') pattern += c;
  }
  return std::regex(pattern);
}

void expect_exact(std::int64_t low, std::int64_t high) {
  const std::string grammar = grammar_of_range(low, high);
  const std::regex expression = as_regex(grammar);
  for (std::int64_t n = -1200; n <= 1200; ++n) {
    EXPECT_EQ(std::regex_match(std::to_string(n), expression), low <= n && n <= high)
        << n << " in " << low << ".." << high << ": " << grammar;
  }
}

TEST(IntegerRangeGrammar, AllowsExactlyTheRange) {
  for (const auto& [low, high] : std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0},
                                                                                    {0, 9},
                                                                                    {7, 23},
                                                                                    {9, 17},
                                                                                    {1, 12},
                                                                                    {0, 100},
                                                                                    {99, 101},
                                                                                    {100, 999},
                                                                                    {37, 1000},
                                                                                    {-5, 5},
                                                                                    {-17, -3},
                                                                                    {-100, 0},
                                                                                    {-999, 1},
                                                                                    {250, 255},
                                                                                    {-1, -1}}) {
    expect_exact(low, high);
  }
}

TEST(IntegerRangeGrammar, ReadsAsWritten) {
  EXPECT_EQ(grammar_of_range(7, 23), R"([7-9] | "1" [0-9] | "2" [0-3])");
}

TEST(IntegerRangeGrammar, HasNoLeadingZeros) {
  const std::regex all = as_regex(grammar_of_range(-kIntegerMax, kIntegerMax));
  for (const char* good : {"0", "-1", "10", "999999999999999", "-999999999999999"}) {
    EXPECT_TRUE(std::regex_match(good, all)) << good;
  }
  for (const char* bad : {"", "-", "00", "01", "-0", "1000000000000000"}) {
    EXPECT_FALSE(std::regex_match(bad, all)) << bad;
  }
}

}  // namespace
}  // namespace parley::backend
