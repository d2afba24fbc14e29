// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace parley::json_text {
namespace {

std::string quoted(std::string_view text, std::size_t bytes_max = 1000) {
  std::string out;
  append_string(out, text, bytes_max);
  return out;
}

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

TEST(JsonText, EscapesWhatJsonReserves) {
  EXPECT_EQ(quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(quoted("line\nend\r\ttab"), R"("line\nend\r\ttab")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(quoted(""), R"("")");
}

TEST(JsonText, KeepsValidUtf8) { EXPECT_EQ(quoted("é 漢 🎧"), "\"é 漢 🎧\""); }

TEST(JsonText, ReplacesBytesThatAreNotUtf8) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(quoted("a\xFFz"), "\"a" + r + "z\"");
  EXPECT_EQ(quoted("\xC3"), "\"" + r + "\"");                          // cut character
  EXPECT_EQ(quoted("\xC0\x80"), "\"" + r + r + "\"");                  // overlong NUL
  EXPECT_EQ(quoted("\xE0\x80\x80"), "\"" + r + r + r + "\"");          // overlong, three bytes
  EXPECT_EQ(quoted("\xED\xA0\x80"), "\"" + r + r + r + "\"");          // surrogate
  EXPECT_EQ(quoted("\xF4\x90\x80\x80"), "\"" + r + r + r + r + "\"");  // beyond U+10FFFF
  EXPECT_EQ(quoted("\xF5"), "\"" + r + "\"");
}

TEST(JsonText, CutsLongTextAtACharacter) {
  EXPECT_EQ(quoted("abcdef", 3), "\"abc…\"");
  EXPECT_EQ(quoted("abc", 3), "\"abc\"");
  EXPECT_EQ(quoted("aé", 2), "\"a…\"");  // é has two bytes and does not fit
}

TEST(JsonText, NumbersReadBackAndAreNeverInfinite) {
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-2.0), "-2");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::lowest()), "-1.7976931348623157e+308");
}

}  // namespace
}  // namespace parley::json_text
