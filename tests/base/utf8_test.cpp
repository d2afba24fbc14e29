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

TEST(Utf8, KnowsWhatIsValid) {
  for (const char* text : {"", "abc", "é", "中", "😀", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xC3", "a\xC3(", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xF0\x9F\x98"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
  EXPECT_EQ(utf8_character_size("a中"), 1U);
  EXPECT_EQ(utf8_character_size("中a"), 3U);
  EXPECT_EQ(utf8_character_size("\xE4\xB8"), 0U);
}

}  // namespace
}  // namespace parley
