// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "protocol/realtime/client_event.h"
#include "protocol/realtime/server_event.h"

namespace parley::protocol {
namespace {

class ItemParser : public ::testing::Test {
 protected:
  Item parse(const std::string& item) {
    ParsedEvent parsed =
        parse_client_event(R"({"type":"conversation.item.create","item":)" + item + "}", buffers_);
    if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
      ADD_FAILURE() << item << "\n  " << error->code << ": " << error->message;
      return {};
    }
    auto& create = std::get<ConversationItemCreate>(std::get<ClientEvent>(parsed).payload);
    return std::move(*create.item);
  }
  media::BufferPool buffers_;
};

TEST_F(ItemParser, ReadsMessagesOfEachRole) {
  const Item user = parse(R"({"id":"item-1_A","object":"realtime.item","type":"message",
      "role":"user","status":"completed","content":[{"type":"input_text","text":"hi"},
      {"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"low"}]})");
  EXPECT_EQ(user.id, "item-1_A");
  EXPECT_EQ(user.role, Item::Role::user);
  ASSERT_EQ(user.content.size(), 2U);
  EXPECT_EQ(user.content[1].kind, ItemContent::Kind::input_image);

  const Item system = parse(
      R"({"type":"message","role":"system","content":[{"type":"input_text","text":"be kind"}]})");
  EXPECT_EQ(system.role, Item::Role::system);
  EXPECT_EQ(system.id, "");

  const Item assistant = parse(
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}]})");
  EXPECT_EQ(assistant.content[0].kind, ItemContent::Kind::output_text);
}

TEST_F(ItemParser, DecodesUserAudio) {
  const Item item = parse(R"({"type":"message","role":"user","content":[
      {"type":"input_audio","audio":"AAAAAA==","transcript":"words"}]})");
  EXPECT_EQ(item.content[0].audio.size(), 4U);
  EXPECT_TRUE(item.content[0].has_transcript);
  EXPECT_EQ(item.content[0].text, "words");
  const Item unknown = parse(R"({"type":"message","role":"user","content":[
      {"type":"input_audio","audio":"AAAA","transcript":null}]})");
  EXPECT_FALSE(unknown.content[0].has_transcript);
}

TEST_F(ItemParser, TakesSpokenHistoryAsText) {
  const Item item = parse(R"({"type":"message","role":"assistant","content":[
      {"type":"output_audio","text":"said"}]})");
  EXPECT_EQ(item.content[0].kind, ItemContent::Kind::output_text);
  EXPECT_EQ(item.content[0].text, "said");
}

TEST_F(ItemParser, ReadsFunctionCallsAndOutputs) {
  const Item call =
      parse(R"({"type":"function_call","name":"f","call_id":"call_1","arguments":"{\"a\":1}"})");
  EXPECT_EQ(call.type, Item::Type::function_call);
  EXPECT_EQ(call.arguments, R"({"a":1})");
  const Item output = parse(R"({"type":"function_call_output","call_id":"call_1","output":"4"})");
  EXPECT_EQ(output.type, Item::Type::function_call_output);
  EXPECT_EQ(output.output, "4");
}

TEST_F(ItemParser, NeverLeavesAnItemInProgress) {
  const std::string body =
      R"("type":"message","role":"user","content":[{"type":"input_text","text":"x"}]})";
  EXPECT_EQ(parse(R"({"status":"in_progress",)" + body).status, Item::Status::completed);
  EXPECT_EQ(parse(R"({"status":"incomplete",)" + body).status, Item::Status::incomplete);
  EXPECT_EQ(parse("{" + body).status, Item::Status::completed);
}

TEST_F(ItemParser, TakesNullForAbsent) {
  const Item item = parse(R"({"id":null,"status":null,"type":"message","role":"user",
      "content":[{"type":"input_text","text":"x"}]})");
  EXPECT_EQ(item.id, "");
}

TEST_F(ItemParser, McpItemsComeBackAsTheyWere) {
  for (const std::string item : {
           R"({"id":"a","object":"realtime.item","type":"mcp_list_tools","server_label":"s",)"
           R"("tools":[{"name":"n","description":"d","input_schema":{"type":"object"}}]})",
           R"({"id":"a","object":"realtime.item","type":"mcp_call","server_label":"s","name":"n",)"
           R"("arguments":"{}","output":"out","approval_request_id":"r"})",
           R"({"id":"a","object":"realtime.item","type":"mcp_call","server_label":"s","name":"n",)"
           R"("arguments":"{}","error":{"type":"http_error","code":500}})",
           R"({"id":"a","object":"realtime.item","type":"mcp_approval_request",)"
           R"("server_label":"s","name":"n","arguments":"{}"})",
           R"({"id":"a","object":"realtime.item","type":"mcp_approval_response",)"
           R"("approval_request_id":"r","approve":true,"reason":"fine"})",
       }) {
    EXPECT_EQ(to_json(ServerEvent{"e", ItemRetrieved{parse(item)}}),
              R"({"type":"conversation.item.retrieved","event_id":"e","item":)" + item + "}");
  }
}

// What a client sends comes back in `retrieved` with the same content.
TEST_F(ItemParser, RoundTripsThroughTheServersForm) {
  const Item item = parse(R"({"id":"a","type":"message","role":"user","content":[
      {"type":"input_text","text":"hi"},{"type":"input_audio","audio":"AAECAw=="}]})");
  EXPECT_EQ(to_json(ServerEvent{"event_1", ItemRetrieved{item}}),
            R"({"type":"conversation.item.retrieved","event_id":"event_1","item":{"id":"a",)"
            R"("object":"realtime.item","type":"message","status":"completed","role":"user",)"
            R"("content":[{"type":"input_text","text":"hi"},)"
            R"({"type":"input_audio","transcript":null,"audio":"AAECAw=="}]}})");
}

}  // namespace
}  // namespace parley::protocol
