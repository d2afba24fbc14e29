// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/integer_range_grammar.h"

#include <gtest/gtest.h>

#include "tests/backend/llama/gbnf.h"

namespace parley::backend {
namespace {

Gbnf grammar_from(const std::string& expression) { return Gbnf("root ::= " + expression + "\n"); }

void expect_exact(std::int64_t low, std::int64_t high) {
  const std::string grammar = grammar_of_range(low, high);
  const Gbnf expression = grammar_from(grammar);
  for (std::int64_t n = -1200; n <= 1200; ++n) {
    EXPECT_EQ(expression.matches(std::to_string(n)), low <= n && n <= high)
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
  const Gbnf all = grammar_from(grammar_of_range(-kIntegerMax, kIntegerMax));
  for (const char* good : {"0", "-1", "10", "999999999999999", "-999999999999999"}) {
    EXPECT_TRUE(all.matches(good)) << good;
  }
  for (const char* bad : {"", "-", "00", "01", "-0", "1000000000000000"}) {
    EXPECT_FALSE(all.matches(bad)) << bad;
  }
}

}  // namespace
}  // namespace parley::backend
