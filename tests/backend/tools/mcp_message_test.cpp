// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/mcp_message.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

TEST(McpMessage, AsksInJsonRpc) {
  EXPECT_EQ(mcp_list_tools(2, ""), R"({"jsonrpc":"2.0","id":2,"method":"tools/list","params":{}})");
  EXPECT_EQ(mcp_list_tools(3, "p2"),
            R"({"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"cursor":"p2"}})");
  EXPECT_EQ(
      mcp_call_tool(4, "add", R"({"a":1})"),
      R"({"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"add","arguments":{"a":1}}})");
  EXPECT_EQ(
      mcp_call_tool(4, "add", "[]"),
      R"({"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"add","arguments":{}}})");
}

TEST(McpMessage, FindsTheAnswerToARequest) {
  const auto result = mcp_result(R"({"jsonrpc":"2.0","id":7,"result":{"x":1}})", 7);
  ASSERT_TRUE(result && *result);
  EXPECT_EQ(**result, R"({"x":1})");
  const auto other = mcp_result(R"({"jsonrpc":"2.0","id":8,"result":{}})", 7);
  EXPECT_TRUE(other && !*other);
  const auto notification = mcp_result(R"({"jsonrpc":"2.0","method":"notifications/progress"})", 7);
  EXPECT_TRUE(notification && !*notification);
  const auto refused =
      mcp_result(R"({"id":7,"error":{"code":-32602,"message":"no such tool"}})", 7);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no such tool");
  EXPECT_EQ(mcp_result("nonsense", 7).error().code, ErrorCode::data_corrupt);
}

TEST(McpMessage, ReadsListsOfTools) {
  const auto page = mcp_page(
      R"({"tools":[{"name":"a","description":"A.","inputSchema":{"type":"object"}},{"name":"b"},3],)"
      R"("nextCursor":"more"})");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->tools.size(), 2U);
  EXPECT_EQ(page->tools[0].description, "A.");
  EXPECT_EQ(page->tools[0].parameters, R"({"type":"object"})");
  EXPECT_EQ(page->next_cursor, "more");
  EXPECT_FALSE(mcp_page("{}"));
}

TEST(McpMessage, ReadsOutputs) {
  EXPECT_EQ(*mcp_output(R"({"content":[{"type":"text","text":"one"},{"type":"image"},)"
                        R"({"type":"text","text":"two"}]})"),
            "one\ntwo");
  EXPECT_EQ(*mcp_output(R"({"content":[],"structuredContent":{"n":1}})"), R"({"n":1})");
  const auto failed = mcp_output(R"({"content":[{"type":"text","text":"broken"}],"isError":true})");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "broken");
  EXPECT_EQ(*mcp_version(R"({"protocolVersion":"2025-03-26"})"), "2025-03-26");
  EXPECT_FALSE(mcp_version("{}"));
}

}  // namespace
}  // namespace parley::backend
