// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/tools_file.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBoth = R"(
functions:
  - type: function
    function:
      name: order_status
      description: Where an order is.
      parameters:
        type: object
        properties: {id: {type: integer, minimum: 1}, note: {enum: ["1", yes, 2.5, null, true]}}
        required: [id]
    webhook: {url: "https://shop.example.com/hook", secret: whsec_c2VjcmV0, timeout_ms: 500, retries: 0}
  - type: function
    name: show_map
    parameters: {type: object}
)";

TEST(ToolsFile, TakesBothFormats) {
  const Result<ToolsFile> file = parse_tools(kBoth, "tools.yaml");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->webhooks.size(), 1U);
  const WebhookTool& hook = file->webhooks[0];
  EXPECT_EQ(hook.tool.name, "order_status");
  EXPECT_EQ(hook.tool.description, "Where an order is.");
  EXPECT_EQ(hook.tool.parameters,
            R"({"type":"object","properties":{"id":{"type":"integer","minimum":1},)"
            R"("note":{"enum":["1","yes",2.5E0,null,true]}},"required":["id"]})");
  EXPECT_EQ(hook.timeout, Millis(500));
  EXPECT_EQ(hook.retries, 0);
  ASSERT_EQ(file->of_client.size(), 1U);
  EXPECT_EQ(file->of_client[0].name, "show_map");
}

TEST(ToolsFile, NamesWhatIsWrong) {
  const auto problem = [](const char* yaml) {
    const Result<ToolsFile> file = parse_tools(yaml, "t.yaml");
    return file ? std::string("fine") : file.error().message;
  };
  EXPECT_THAT(problem("functions: {"), HasSubstr("t.yaml:"));
  EXPECT_THAT(problem("tools: []"), HasSubstr("unknown key 'tools'"));
  EXPECT_THAT(problem("functions:\n  - {type: function, name: 'a b'}"),
              HasSubstr("functions[0]: name"));
  EXPECT_THAT(problem("functions:\n  - {type: mcp, name: x}"), HasSubstr("type"));
  EXPECT_THAT(problem("functions:\n  - {name: x, webhok: {}}"), HasSubstr("webhok"));
  EXPECT_THAT(problem("functions:\n  - {name: x, webhook: {url: nowhere}}"), HasSubstr("nowhere"));
  EXPECT_THAT(problem("functions:\n  - {name: x, webhook: {url: 'http://a', timeout_ms: -1}}"),
              HasSubstr("timeout_ms"));
  EXPECT_THAT(problem("functions:\n  - {name: x, function: {name: y}}"), HasSubstr("outside"));
  EXPECT_EQ(problem(""), "fine");
}

TEST(ToolsFile, ASecretMayComeFromTheEnvironment) {
  ::setenv("PARLEY_TEST_SECRET", "hush", 1);
  const auto file = parse_tools(
      "functions:\n  - {name: x, webhook: {url: 'http://a', secret_env: PARLEY_TEST_SECRET}}", "t");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->webhooks[0].secret, "hush");
  EXPECT_FALSE(parse_tools(
      "functions:\n  - {name: x, webhook: {url: 'http://a', secret_env: PARLEY_NO_SUCH}}", "t"));
}

}  // namespace
}  // namespace parley::backend
