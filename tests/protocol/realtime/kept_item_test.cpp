// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/kept_item.h"

#include <gmock/gmock.h>

namespace parley::protocol {
namespace {

KeptItem spoken() {
  KeptItem kept;
  kept.item.id = "item_1";
  kept.item.role = Item::Role::assistant;
  kept.item.status = Item::Status::incomplete;
  ItemContent part;
  part.kind = ItemContent::Kind::output_audio;
  part.text = "One two three.";
  part.has_transcript = true;
  part.words = {{"One", 0, 250}};
  kept.item.content.push_back(part);
  kept.sounds.push_back(
      {.rate = 24'000, .samples = 12'000, .clauses = {{"One two three.", 0, 900}}, .heard = "One"});
  return kept;
}

TEST(KeptItem, IsWhatClientsSeeAndMore) {
  EXPECT_EQ(
      to_json(spoken()),
      R"({"id":"item_1","object":"realtime.item","type":"message","status":"incomplete",)"
      R"("role":"assistant","content":[{"type":"output_audio","transcript":"One two three.",)"
      R"("words":[{"text":"One","start_ms":0,"end_ms":250}],"rate":24000,"samples":12000,"heard":"One",)"
      R"("clauses":[{"text":"One two three.","start_ms":0,"end_ms":900}]}]})");
}

TEST(KeptItem, ReadsWhatItWrote) {
  std::vector<KeptItem> items(8);
  items[0] = spoken();
  Item& call = items[1].item;
  call.id = "item_2";
  call.type = Item::Type::function_call;
  call.name = "look";
  call.call_id = "call_1";
  call.arguments = R"({"at":"the \"sea\""})";
  Item& output = items[2].item;
  output.id = "item_3";
  output.type = Item::Type::function_call_output;
  output.call_id = "call_1";
  output.output = "blue\n";
  Item& user = items[3].item;
  user.id = "item_4";
  user.content.resize(3);
  user.content[0].text = "text";
  user.content[1].kind = ItemContent::Kind::input_audio;
  user.content[2].kind = ItemContent::Kind::input_image;
  user.content[2].text = "data:image/png;base64,AA==";
  items[3].sounds.resize(3);
  items[3].sounds[1].rate = 16'000;
  items[3].sounds[1].samples = 5;
  items[3].sounds[1].is_silence = true;
  items[3].moderation = "refused";
  McpFields mcp;
  mcp.server_label = "files";
  items[4].item.type = Item::Type::mcp_list_tools;
  mcp.tools = R"([{"name":"read"}])";
  items[4].item.mcp = std::make_shared<const McpFields>(mcp);
  items[5].item.type = Item::Type::mcp_call;
  items[5].item.name = "read";
  items[5].item.arguments = "{}";
  mcp.tools.clear();
  mcp.output = "text";
  mcp.error = R"({"type":"http_error"})";
  items[5].item.mcp = std::make_shared<const McpFields>(mcp);
  items[6].item.type = Item::Type::mcp_approval_request;
  items[6].item.name = "read";
  items[6].item.arguments = "{}";
  mcp.output.reset();
  mcp.error.reset();
  items[6].item.mcp = std::make_shared<const McpFields>(mcp);
  items[7].item.type = Item::Type::mcp_approval_response;
  mcp.server_label.clear();
  mcp.approval_request_id = "item_7";
  mcp.approve = true;
  mcp.reason = "why not";
  items[7].item.mcp = std::make_shared<const McpFields>(mcp);
  for (std::size_t i = 4; i < items.size(); ++i) items[i].item.id = "item_" + std::to_string(i);
  for (const KeptItem& item : items) {
    const std::string json = to_json(item);
    const Result<KeptItem> read = read_kept_item(json);
    ASSERT_TRUE(read) << json;
    EXPECT_EQ(to_json(*read), json);
  }
}

TEST(KeptItem, RefusesWhatIsNone) {
  for (
      const char* text :
      {"", "[]", "{}", "{\"id\":\"a\"}", R"({"id":"a","type":"message","status":"completed"})",
       R"({"id":"a","type":"message","status":"completed","role":"user","content":[1]})",
       R"({"id":"a","type":"message","status":"completed","role":"user","content":[{"type":"x"}]})",
       R"({"id":"a","type":"other","status":"completed"})", "{\"id\":"}) {
    const Result<KeptItem> read = read_kept_item(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::data_corrupt);
  }
}

TEST(KeptItem, KeepsHowAResponseEndedAndWhatItUsed) {
  ResponseObject response;
  response.id = "resp_1";
  response.status = ResponseObject::Status::cancelled;
  response.reason = "turn_detected";
  response.output.push_back(spoken().item);
  response.usage = TokenUsage{
      .input_text = 10, .input_audio = 3, .cached_text = 4, .output_text = 5, .output_audio = 7};
  response.conversation_id = "conv_1";
  const std::string json = kept_response_json(response, 1234);
  EXPECT_THAT(json, ::testing::HasSubstr(R"("status":"cancelled","status_details":{"type":)"));
  EXPECT_THAT(json, ::testing::HasSubstr(R"("done_at":1234,"output":["item_1"])"));
  TokenUsage total;
  ASSERT_TRUE(add_usage(json, total));
  ASSERT_TRUE(add_usage(json, total));
  ASSERT_TRUE(add_usage("{}", total));
  EXPECT_EQ(total.input_text, 20);
  EXPECT_EQ(total.input_audio, 6);
  EXPECT_EQ(total.cached_text, 8);
  EXPECT_EQ(total.output_text, 10);
  EXPECT_EQ(total.output_audio, 14);
  EXPECT_FALSE(add_usage("nonsense", total));
}

TEST(KeptItem, IsALineOfATranscript) {
  EXPECT_EQ(transcript_line(spoken()), "assistant: One\n");
  KeptItem silent = spoken();
  silent.sounds[0].heard = "";
  EXPECT_EQ(transcript_line(silent), "");
  std::vector<KeptItem> calls(1);
  calls[0].item.type = Item::Type::function_call;
  calls[0].item.name = "look";
  calls[0].item.arguments = "{}";
  EXPECT_EQ(transcript_line(calls[0]), "assistant calls look({})\n");
}

}  // namespace
}  // namespace parley::protocol
