// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Utf8, CountsCharactersAndNotBytes) {
  EXPECT_EQ(characters_in(""), 0U);
  EXPECT_EQ(characters_in("abc"), 3U);
  EXPECT_EQ(characters_in("aʊ."), 3U);
  EXPECT_EQ(characters_in("é中😀"), 3U);
}

TEST(Utf8, FindsWhereACharacterBegins) {
  constexpr std::string_view kText = "a中😀";  // 1, 3 and 4 bytes
  constexpr std::size_t kBegins[] = {0, 1, 1, 1, 4, 4, 4, 4};
  for (std::size_t at = 0; at < kText.size(); ++at) {
    EXPECT_EQ(character_begin(kText, at), kBegins[at]) << at;
  }
  EXPECT_EQ(character_begin(kText, kText.size()), kText.size());
  EXPECT_EQ(character_begin(kText, 100), kText.size());
  EXPECT_EQ(character_begin("\x80\x80", 1), 0U) << "not valid: no further than the beginning";
}

}  // namespace
}  // namespace parley
