// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/utf8_character.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

std::u32string all_of(std::string_view utf8) {
  std::u32string out;
  while (!utf8.empty()) out += take_character(utf8);
  return out;
}

TEST(Utf8Character, TakesOneAfterTheOther) {
  EXPECT_EQ(all_of("aˈɜ€😀"), U"aˈɜ€😀");
  EXPECT_EQ(all_of(""), U"");
}

TEST(Utf8Character, BytesThatAreNoneCountAsOneEach) {
  EXPECT_EQ(all_of("a\xFFz"), U"a\uFFFDz");
  EXPECT_EQ(all_of("\xC3"), U"\uFFFD") << "cut off";
  EXPECT_EQ(all_of("\xE2z\xAC"), U"\uFFFDz\uFFFD") << "the middle is missing";
}

}  // namespace
}  // namespace parley::backend
