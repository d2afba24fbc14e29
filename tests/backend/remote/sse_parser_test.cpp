// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/sse_parser.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> parse(const std::vector<std::string>& pieces) {
  SseParser parser;
  std::vector<std::string> events;
  const auto take = [&](std::string_view data) { events.emplace_back(data); };
  for (const std::string& piece : pieces) EXPECT_TRUE(parser.push(piece, take));
  parser.finish(take);
  return events;
}

TEST(SseParser, AcceptsEachLineEnd) {
  EXPECT_THAT(parse({"data: a\n\ndata: b\n\n"}), ElementsAre("a", "b"));
  EXPECT_THAT(parse({"data: a\r\n\r\ndata: b\r\n\r\n"}), ElementsAre("a", "b"));
  EXPECT_THAT(parse({"data: a\r\rdata: b\r\r"}), ElementsAre("a", "b"));
}

TEST(SseParser, AcceptsDataWithoutABlank) {
  EXPECT_THAT(parse({"data:a\n\ndata:  b\n\n"}), ElementsAre("a", " b"));
}

TEST(SseParser, JoinsLinesOfOneEvent) {
  EXPECT_THAT(parse({"data: {\ndata: }\n\n"}), ElementsAre("{\n}"));
  EXPECT_THAT(parse({"data\ndata\n\n"}), ElementsAre("\n"));
}

TEST(SseParser, SkipsCommentsAndOtherFields) {
  EXPECT_THAT(parse({":\n\n: ping\n\nevent: x\nid: 3\ndata: a\nretry: 5\n\n"}), ElementsAre("a"));
  EXPECT_THAT(parse({"database: a\n\n"}), IsEmpty());
}

TEST(SseParser, KeepsAnEventWithoutItsEmptyLine) {
  EXPECT_THAT(parse({"data: a\n\ndata: b\n"}), ElementsAre("a", "b"));
  EXPECT_THAT(parse({"data: a\n\ndata: b"}), ElementsAre("a", "b"));
}

TEST(SseParser, DoesNotMindWhereTheNetworkCuts) {
  const std::string text = ": ping\r\n\r\ndata: one\r\ndata: two\r\n\r\ndata: [DONE]\r\n\r\n";
  const std::vector<std::string> whole = parse({text});
  EXPECT_THAT(whole, ElementsAre("one\ntwo", "[DONE]"));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(parse({text.substr(0, cut), text.substr(cut)}), whole) << cut;
  }
  std::vector<std::string> bytes;
  for (const char c : text) bytes.emplace_back(1, c);
  EXPECT_EQ(parse(bytes), whole);
}

TEST(SseParser, RefusesAnEndlessEvent) {
  SseParser parser;
  const std::string piece(100'000, 'x');
  Status status;
  for (int i = 0; i < 20 && status; ++i) status = parser.push(piece, [](std::string_view) {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::data_corrupt);
}

}  // namespace
}  // namespace parley::backend
