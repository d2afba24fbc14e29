// SPDX-License-Identifier: Apache-2.0
#include "backend/utf8_assembler.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

std::string assemble(std::string_view bytes) {
  Utf8Assembler characters;
  std::string out;
  for (const char byte : bytes) characters.push(std::string_view(&byte, 1), out);
  characters.finish(out);
  return out;
}

const std::string kBad = "\xEF\xBF\xBD";

TEST(Utf8Assembler, KeepsWholeCharacters) {
  for (const char* text : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80!"}) {
    EXPECT_EQ(assemble(text), text);
  }
}

TEST(Utf8Assembler, HoldsAHalfCharacterBack) {
  Utf8Assembler characters;
  std::string out;
  characters.push("a\xE2\x82", out);
  EXPECT_EQ(out, "a");
  characters.push("\xAC", out);
  EXPECT_EQ(out, "a\xE2\x82\xAC");
}

TEST(Utf8Assembler, ReplacesWhatCanBeNoCharacter) {
  EXPECT_EQ(assemble("a\xFF"), "a" + kBad);
  EXPECT_EQ(assemble("\x80z"), kBad + "z");
  EXPECT_EQ(assemble("\xC3"), kBad);
  EXPECT_EQ(assemble("\xC3z"), kBad + "z");
  EXPECT_EQ(assemble("\xE2\x82z"), kBad + kBad + "z");
  EXPECT_EQ(assemble("\xC0\x80"), kBad + kBad) << "overlong";
  EXPECT_EQ(assemble("\xE0\x80\x80"), kBad + kBad + kBad) << "overlong";
  EXPECT_EQ(assemble("\xED\xA0\x80"), kBad + kBad + kBad) << "a surrogate";
  EXPECT_EQ(assemble("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad) << "past U+10FFFF";
}

}  // namespace
}  // namespace parley::backend
