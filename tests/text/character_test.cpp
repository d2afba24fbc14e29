// SPDX-License-Identifier: Apache-2.0
#include "text/character.h"

#include <gtest/gtest.h>

namespace parley::text {
namespace {

using enum CharacterKind;

TEST(Character, KnowsWhatIsNeverReadAloud) {
  for (const char32_t code : {0x1F600, 0x1F44D, 0x1F3FD, 0x2764, 0x2705, 0x1F1E9, 0x20E3, 0x2B50}) {
    EXPECT_EQ(kind_of(code), emoji) << std::hex << static_cast<unsigned>(code);
  }
  for (const char32_t code : {0x00, 0x07, 0x1B, 0x7F, 0x9F, 0xAD, 0x200B, 0x200D, 0x202E, 0xFE0F,
                              0xFEFF, 0xE000, 0xE0067}) {
    EXPECT_EQ(kind_of(code), dropped) << std::hex << static_cast<unsigned>(code);
  }
}

TEST(Character, KnowsSpacesAndTheEndsOfLines) {
  for (const char32_t code : {0x20, 0x09, 0xA0, 0x2009, 0x202F, 0x3000})
    EXPECT_EQ(kind_of(code), space);
  for (const char32_t code : {0x0A, 0x0B, 0x85, 0x2028, 0x2029}) EXPECT_EQ(kind_of(code), line);
}

TEST(Character, TellsScriptsApart) {
  EXPECT_EQ(kind_of(U'好'), ideograph);
  EXPECT_EQ(kind_of(U'〇'), ideograph);
  EXPECT_EQ(kind_of(0x20000), ideograph);
  EXPECT_EQ(kind_of(U'の'), kana);
  EXPECT_EQ(kind_of(U'。'), wide_mark);
  EXPECT_EQ(kind_of(U'，'), wide_mark);
  EXPECT_EQ(kind_of(U'é'), other);
  EXPECT_EQ(kind_of(U'한'), other);
  EXPECT_EQ(kind_of(U'→'), other);
  EXPECT_EQ(kind_of(U'₿'), other);
}

}  // namespace
}  // namespace parley::text
