// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace parley::text {
namespace {

std::string error_of(std::string_view bytes) {
  Utf8Reader reader;
  for (const char c : bytes) {
    if (auto read = reader.push(static_cast<unsigned char>(c)); !read) return read.error().message;
  }
  const Status end = reader.finish();
  return end ? "" : end.error().message;
}

TEST(Utf8, WritesAndReadsEveryCharacter) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string bytes;
    append_utf8(bytes, code);
    Utf8Reader reader;
    std::optional<char32_t> read;
    for (const char c : bytes) {
      ASSERT_FALSE(read);
      auto pushed = reader.push(static_cast<unsigned char>(c));
      ASSERT_TRUE(pushed);
      read = *pushed;
    }
    ASSERT_TRUE(read == code);
    ASSERT_TRUE(decode_utf8(bytes, 0).code == code);
    ASSERT_EQ(decode_utf8(bytes, 0).size, bytes.size());
    ASSERT_EQ(character_begin(bytes, bytes.size() - 1), 0U);
  }
}

TEST(Utf8, NamesTheByteAtWhichABadSequenceBegins) {
  const std::vector<std::string> bad = {"ab\xFF",
                                        "ab\x80",
                                        "ab\xC0\x80",
                                        "ab\xC1\xBF",  // overlong
                                        "ab\xE0\x80\x80",
                                        "ab\xF0\x80\x80\x80",
                                        "ab\xED\xA0\x80",  // a surrogate
                                        "ab\xF4\x90\x80\x80",
                                        "ab\xF5\x80\x80\x80",  // above U+10FFFF
                                        "ab\xC3(",
                                        "ab\xE2\x82(",
                                        "ab\xF0\x9F\x98("};
  for (const std::string& bytes : bad) {
    EXPECT_EQ(error_of(bytes), "text: not valid UTF-8 at byte 2") << bytes;
  }
  EXPECT_EQ(error_of("a\xC3\xA9\xE2\x82"), "text: not valid UTF-8 at byte 3");  // cut off
  EXPECT_EQ(error_of("a\xC3\xA9\xE2\x82\xAC"), "");
}

TEST(Utf8, CountsWhatItHolds) {
  Utf8Reader reader;
  for (const char c : std::string("a\xE2\x82"))
    ASSERT_TRUE(reader.push(static_cast<unsigned char>(c)));
  EXPECT_EQ(reader.held(), 2U);
  EXPECT_EQ(reader.character_offset(), 1U);
  ASSERT_TRUE(reader.push(0xAC));
  EXPECT_EQ(reader.held(), 0U);
  EXPECT_EQ(reader.offset(), 4U);
}

}  // namespace
}  // namespace parley::text
