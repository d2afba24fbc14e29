// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/token_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TokenIndex, FindsTokensHoweverTheyAreWritten) {
  const std::vector<std::string> pieces{"", " The", " the", "THE", "\xC3\x89", ","};
  const TokenIndex index(pieces.size(),
                         [&](std::int64_t id) { return pieces[static_cast<std::size_t>(id)]; });
  EXPECT_THAT(index.find(" the"), ElementsAre(1, 2));
  EXPECT_THAT(index.find("the"), ElementsAre(3));
  EXPECT_THAT(index.find("\xC3\x89"), ElementsAre(4));
  EXPECT_THAT(index.find(""), IsEmpty());
  EXPECT_THAT(index.find("a"), IsEmpty());
  EXPECT_EQ(index.bytes_max(), 4U);
}

TEST(TokenIndex, KnowsWhatGoesOnWithAWord) {
  const std::vector<std::string> pieces{"", " a", "a", "7", "'s", ".", "\xC3\xA9"};
  const TokenIndex index(pieces.size(),
                         [&](std::int64_t id) { return pieces[static_cast<std::size_t>(id)]; });
  std::vector<bool> continues;
  for (int id = -1; id < 8; ++id) continues.push_back(index.continues_word(id));
  EXPECT_THAT(continues, ElementsAre(false, false, false, true, true, false, false, true, false));
}

}  // namespace
}  // namespace parley::backend
