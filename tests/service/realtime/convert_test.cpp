// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/convert.h"

#include <array>
#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

namespace parley::service {
namespace {

TEST(Convert, ItemsKeepTheirFieldsBothWays) {
  media::BufferPool buffers;
  protocol::Item item;
  item.id = "a";
  item.role = protocol::Item::Role::system;
  item.status = protocol::Item::Status::incomplete;
  item.content.emplace_back().text = "words";
  const agent::Item inside = to_agent(item, {});
  EXPECT_EQ(inside.role, agent::Item::Role::system);
  EXPECT_EQ(inside.status, agent::Item::Status::incomplete);
  const protocol::Item outside = to_protocol(inside);
  EXPECT_EQ(outside.id, "a");
  EXPECT_EQ(outside.role, protocol::Item::Role::system);
  EXPECT_EQ(outside.content.at(0).text, "words");
}

TEST(Convert, DecodesTheAudioOfAnItemByTheSessionsFormat) {
  media::BufferPool buffers;
  const std::array<std::int16_t, 3> samples{1, -2, 3};
  protocol::Item item;
  item.content.emplace_back().kind = protocol::ItemContent::Kind::input_audio;
  item.content[0].audio = buffers.copy_of(std::as_bytes(std::span(samples)));
  const agent::Item inside = to_agent(item, {media::Codec::pcm16});
  EXPECT_EQ(inside.content[0].audio.samples, (std::vector<std::int16_t>{1, -2, 3}));
  EXPECT_EQ(inside.content[0].audio.rate, 24'000);
  const agent::Item telephone = to_agent(item, {media::Codec::pcmu});
  EXPECT_EQ(telephone.content[0].audio.samples.size(), 6U);
  EXPECT_EQ(telephone.content[0].audio.rate, 8'000);
}

TEST(Convert, HandsOutAudioAt24kHz) {
  media::BufferPool buffers;
  agent::Item item;
  item.content.emplace_back().kind = agent::ContentPart::Kind::input_audio;
  item.content[0].audio.rate = 16'000;
  item.content[0].audio.samples.assign(1'600, 500);
  EXPECT_EQ(with_audio(item, buffers).content[0].audio.size(), 4'800U);
  EXPECT_TRUE(to_protocol(item).content[0].audio.empty());
}

TEST(Convert, McpServersAreApartFromFunctions) {
  protocol::McpServer server;
  server.label = "shelf";
  server.url = "https://shelf.example/mcp";
  server.headers = {{"X-Place", "hall"}};
  server.allowed.names = {"find"};
  server.without_approval.emplace().is_read_only = true;
  std::vector<protocol::Tool> tools(2);
  tools[0].name = "own";
  tools[1].mcp = std::make_shared<const protocol::McpServer>(server);
  ASSERT_EQ(to_agent(tools).size(), 1U);
  EXPECT_EQ(mcp_labels(tools), std::vector<std::string>{"shelf"});
  const std::vector<agent::McpEntry> entries = mcp_servers(tools);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].server,
            (model::McpAddress{"shelf", "https://shelf.example/mcp", {}, {{"X-Place", "hall"}}}));
  EXPECT_EQ(entries[0].allowed, (agent::McpFilter{.names = {{"find"}}, .is_read_only = {}}));
  EXPECT_FALSE(entries[0].with_leave);
  EXPECT_EQ(entries[0].without_leave, (agent::McpFilter{.names = {}, .is_read_only = true}));
}

TEST(Convert, AResponseHasUsageOnlyWhenDone) {
  agent::Response response;
  response.usage.input_text_tokens = 5;
  EXPECT_FALSE(to_protocol(response, "conv_1").usage);
  response.status = agent::Response::Status::cancelled;
  response.reason = agent::Response::Reason::turn_detected;
  const protocol::ResponseObject object = to_protocol(response, "conv_1");
  EXPECT_EQ(object.usage->input_text, 5);
  EXPECT_EQ(object.reason, "turn_detected");
  EXPECT_EQ(object.conversation_id, "conv_1");
  response.out_of_band = true;
  EXPECT_FALSE(to_protocol(response, "conv_1").conversation_id);
}

}  // namespace
}  // namespace parley::service
