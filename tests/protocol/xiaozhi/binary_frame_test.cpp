// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/binary_frame.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using std::string_literals::operator""s;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(BinaryFrame, EachVersionGoesThereAndBack) {
  EXPECT_EQ(binary_frame(1, "opus", 7), "opus");
  EXPECT_EQ(binary_frame(2, "opus", 0x01020304), "\0\2\0\0\0\0\0\0\1\2\3\4\0\0\0\4opus"s);
  EXPECT_EQ(binary_frame(3, "opus", 7), "\0\0\0\4opus"s);
  for (const int version : {1, 2, 3}) {
    const std::string wire = binary_frame(version, "opus", 60);
    const auto frame = parse_binary_frame(version, bytes_of(wire));
    ASSERT_TRUE(frame) << version;
    EXPECT_EQ(text_of(frame->payload), "opus");
    EXPECT_FALSE(frame->is_json);
    EXPECT_EQ(frame->timestamp_ms, version == 2 ? 60U : 0U);
  }
}

TEST(BinaryFrame, ItMayHoldJson) {
  const std::string wire = "\1\0\0\2{}"s;
  const auto frame = parse_binary_frame(3, bytes_of(wire));
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->is_json);
  EXPECT_EQ(text_of(frame->payload), "{}");
}

TEST(BinaryFrame, WhatDoesNotAgreeWithItselfIsNone) {
  for (const std::string& wire : {"\0\0\0\5opus"s, "\0\0\0\3opus"s, "\2\0\0\4opus"s, "\0\0\0"s}) {
    EXPECT_FALSE(parse_binary_frame(3, bytes_of(wire)));
  }
  for (const std::string& wire :
       {"\0\3\0\0\0\0\0\0\1\2\3\4\0\0\0\4opus"s, "\0\2\0\0\0\0\0\0\1\2\3\4\xFF\0\0\4opus"s,
        "\0\2\0\2\0\0\0\0\1\2\3\4\0\0\0\4opus"s, "\0\2\0\0\0\0\0\0\1\2\3\4\0\0\0"s}) {
    EXPECT_FALSE(parse_binary_frame(2, bytes_of(wire)));
  }
  EXPECT_FALSE(parse_binary_frame(1, bytes_of(std::string(kXiaozhiPayloadBytesMax + 1, 'x'))));
}

TEST(BinaryFrame, TheHeaderSaysTheVersion) {
  EXPECT_EQ(framing_version("2"), 2);
  EXPECT_EQ(framing_version("3"), 3);
  EXPECT_EQ(framing_version("1"), 1);
  EXPECT_EQ(framing_version("17"), 1);
  EXPECT_EQ(framing_version(std::nullopt), 1);
}

}  // namespace
}  // namespace parley::protocol
