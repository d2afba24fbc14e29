// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/repetition.h"

#include <vector>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

std::vector<std::int64_t> repeat(std::vector<std::int64_t> block, int times) {
  std::vector<std::int64_t> out{100, 101};
  for (int i = 0; i < times; ++i) out.insert(out.end(), block.begin(), block.end());
  return out;
}

TEST(RepeatedTail, LeavesSpeechAlone) {
  EXPECT_EQ(repeated_tail({}), 0U);
  EXPECT_EQ(repeated_tail(repeat({5}, 7)), 0U);           // "no no no no no no no"
  EXPECT_EQ(repeated_tail(repeat({5, 6}, 4)), 0U);        // "come on come on come on come on"
  EXPECT_EQ(repeated_tail(repeat({5, 6, 7, 8}, 2)), 0U);  // a sentence said twice
}

TEST(RepeatedTail, FindsLoopsAndKeepsOneCopy) {
  EXPECT_EQ(repeated_tail(repeat({5}, 8)), 7U);
  EXPECT_EQ(repeated_tail(repeat({5, 6}, 5)), 8U);
  EXPECT_EQ(repeated_tail(repeat({5, 6, 7, 8}, 3)), 8U);
  EXPECT_EQ(repeated_tail(repeat({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 3)), 32U);
}

}  // namespace
}  // namespace parley::backend
