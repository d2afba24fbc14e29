// SPDX-License-Identifier: Apache-2.0
#include "codec/ogg_pages.h"

#include <vector>

#include <gtest/gtest.h>

namespace parley::codec {
namespace {

std::string page(OggPages& pages, std::int64_t granule, bool is_last) {
  std::string out;
  pages.end_page(granule, is_last, out);
  return out;
}

// Made by libogg 1.3.5: ogg_stream_init(7), the packet "hi" as the first and the last.
TEST(OggPages, AreThoseOfLibogg) {
  OggPages pages(7);
  pages.add(std::vector<std::uint8_t>{'h', 'i'});
  using namespace std::string_literals;
  EXPECT_EQ(page(pages, 0, true),
            "OggS\0\x06\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\xb2\x07\xa6\xac\x01\x02hi"s);
}

TEST(OggPages, LaceLongPackets) {
  OggPages pages(1);
  pages.add(std::vector<std::uint8_t>(510, 'x'));  // two full segments and an empty one
  pages.add(std::vector<std::uint8_t>(3, 'y'));
  const std::string bytes = page(pages, 0, false);
  EXPECT_EQ(bytes.substr(26, 5), std::string("\x04\xFF\xFF\0\x03", 5));
  EXPECT_EQ(bytes.size(), 27U + 4U + 513U);
  EXPECT_TRUE(pages.is_empty());
}

TEST(OggPages, AreNumberedAndOnlyTheFirstBegins) {
  OggPages pages(1);
  const std::string first = page(pages, 0, false);
  const std::string second = page(pages, 0, false);
  EXPECT_EQ(first[5], 2);
  EXPECT_EQ(second[5], 0);
  EXPECT_EQ(second[18], 1);
}

TEST(OggPages, TakeAsManySegmentsAsAPageHas) {
  OggPages pages(1);
  for (int i = 0; i < 250; ++i) pages.add(std::vector<std::uint8_t>(1));
  EXPECT_TRUE(pages.has_room(4 * 255));
  EXPECT_FALSE(pages.has_room(5 * 255));
}

}  // namespace
}  // namespace parley::codec
