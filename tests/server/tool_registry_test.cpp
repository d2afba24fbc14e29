// SPDX-License-Identifier: Apache-2.0
#include "server/tool_registry.h"

#include <memory>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(ToolRegistry, HasWhatTheConfigurationNames) {
  SteadyClock clock;
  Metrics metrics;
  Config config;
  auto tools = open_tools(config, {}, false, {clock, metrics});
  ASSERT_TRUE(tools);
  EXPECT_EQ(*tools, nullptr) << "a large model has no functions that nobody asked for";
  tools = open_tools(config, {}, true, {clock, metrics});
  ASSERT_TRUE(tools && *tools);
  EXPECT_EQ((*tools)->tools().size(), 6U);
  config.tools.builtin = {"calculator"};
  backend::ToolsFile file;
  backend::WebhookTool hook;
  hook.tool.name = "order";
  hook.url = "https://shop.example.com/hook";
  file.webhooks.push_back(hook);
  tools = open_tools(config, file, false, {clock, metrics});
  ASSERT_TRUE(tools && *tools);
  EXPECT_EQ((*tools)->tools().size(), 2U);
  auto call = std::make_shared<model::ToolCall>();
  call->name = "calculate";
  call->arguments = R"({"expression":"6*7"})";
  call->begin({}, Instant::never());
  EXPECT_TRUE((*tools)->submit(call));
  EXPECT_EQ(call->output, "That is 42.");

  file.webhooks[0].tool.name = "calculate";
  EXPECT_FALSE(open_tools(config, file, false, {clock, metrics})) << "two of one name";
  config.tools.builtin = {"teleport"};
  EXPECT_FALSE(open_tools(config, {}, true, {clock, metrics}));
}

}  // namespace
}  // namespace parley::server
