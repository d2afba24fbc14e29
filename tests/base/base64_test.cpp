// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace parley {
namespace {

std::optional<std::string> decode(std::string_view text) {
  const std::optional<std::size_t> size = base64_decoded_size(text);
  if (!size) return std::nullopt;
  std::string out(*size, '?');
  if (!base64_decode(text, std::as_writable_bytes(std::span(out)))) return std::nullopt;
  return out;
}

std::string encode(std::string_view bytes) {
  std::string out;
  base64_append(out, std::as_bytes(std::span(bytes)));
  return out;
}

// RFC 4648 §10.
TEST(Base64, ReadsAndWritesTheVectorsOfTheRfc) {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(encode(bytes), text);
    EXPECT_EQ(decode(text), bytes);
  }
}

TEST(Base64, CarriesEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(decode(encode(bytes)), bytes);
}

TEST(Base64, ReturnsWhatWasWrittenAtAnyLength) {
  Random random(7);
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    EXPECT_EQ(decode(encode(bytes)), bytes);
    bytes += static_cast<char>(random.next() & 0xFFU);
  }
}

TEST(Base64, RefusesWhatIsNotStrict) {
  const std::vector<std::string> bad{"Z",         "Zg",
                                     "Zg=",  // cut short
                                     "Zm9v=",     "====",
                                     "=AAA",               // padding where none belongs
                                     "Zg==Zg==",  "Z=g=",  // padding in the middle
                                     "Zm9\n",     "Zm 9v",
                                     "Zm9vYm Fy",          // white space
                                     "Zm9_",      "Zm9-",  // the URL alphabet
                                     "Zh==",      "Zm9=",  // bits that no byte takes
                                     "Zm9\x80",   std::string("Zm9\0", 4)};
  for (const std::string& text : bad) EXPECT_EQ(decode(text), std::nullopt) << text;
}

TEST(Base64, AppendsBehindWhatIsThere) {
  std::string out = "data:";
  base64_append(out, std::as_bytes(std::span(std::string_view("foo"))));
  EXPECT_EQ(out, "data:Zm9v");
}

// RFC 7515 Appendix C, and RFC 4648 §10 without padding.
TEST(Base64, OfTokensHasItsOwnAlphabetAndNoPadding) {
  const std::string bytes("\x03\xEC\xFF\xE0\xC1", 5);
  EXPECT_EQ(base64url(bytes), "A-z_4ME");
  EXPECT_EQ(base64url_decode("A-z_4ME"), bytes);
  for (const std::string whole : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(base64url_decode(base64url(whole)), whole);
  }
  for (const std::string_view wrong : {"A", "Zg==", "Zh", "Zm+v", "Zm/v", "Zm9v\n", "Zm9vA"}) {
    EXPECT_EQ(base64url_decode(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace parley
