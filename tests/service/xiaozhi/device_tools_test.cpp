// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/device_tools.h"

#include <gtest/gtest.h>

namespace parley::service {
namespace {

using std::chrono_literals::operator""s;
using Method = protocol::XiaozhiMcp::Method;

class DeviceToolsTest : public ::testing::Test {
 protected:
  std::shared_ptr<model::McpListing> list() {
    auto listing = std::make_shared<model::McpListing>();
    listing->server = device_address();
    listing->begin({}, Instant::never());
    EXPECT_TRUE(tools->open(listing));
    return listing;
  }
  std::shared_ptr<model::ToolCall> call(model::ToolHost& host, const std::string& name,
                                        const std::string& arguments = "{}") {
    auto call = std::make_shared<model::ToolCall>();
    call->name = name;
    call->arguments = arguments;
    call->begin({}, Instant::never());
    if (!host.submit(call)) return nullptr;
    return call;
  }
  std::shared_ptr<model::McpListing> ready() {
    auto listing = list();
    tools->take({.id = 1});
    tools->take({.id = 2, .tools = {{.name = "self.lamp.on"}, {.name = "self.lamp_on"}}});
    return listing;
  }

  ManualClock clock;
  std::vector<protocol::XiaozhiMcp> sent;
  std::optional<DeviceTools> tools{
      std::in_place, clock, nullptr, [this](protocol::XiaozhiMessage message) {
        sent.push_back(std::get<protocol::XiaozhiMcp>(std::move(message)));
      }};
};

TEST_F(DeviceToolsTest, TheyAreListedUnderNamesThatModelsTake) {
  const auto listing = ready();
  ASSERT_TRUE(listing->done());
  ASSERT_TRUE(listing->status);
  ASSERT_EQ(listing->tools.size(), 2U);
  EXPECT_EQ(listing->tools[0].name, "self_lamp_on");
  EXPECT_EQ(listing->tools[1].name, "self_lamp_on_2");
  EXPECT_EQ(tools->device_name("self_lamp_on_2"), "self.lamp_on");
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].method, Method::initialize);
  EXPECT_EQ(sent[1].method, Method::list_tools);
}

TEST_F(DeviceToolsTest, CallsAreAnsweredInAnyOrder) {
  const auto listing = ready();
  const auto first = call(*listing->host, "self_lamp_on", R"({"a":1})");
  const auto second = call(*listing->host, "self_lamp_on_2");
  EXPECT_EQ(sent[2].name, "self.lamp.on");
  EXPECT_EQ(sent[2].arguments, R"({"a":1})");
  tools->take({.id = 4, .text = "no", .is_failure = true});
  tools->take({.id = 3, .text = "lit"});
  tools->take({.id = 3, .text = "again"});
  tools->take({.id = 99, .text = "nobody's"});
  EXPECT_EQ(first->output, "lit");
  EXPECT_TRUE(first->status);
  EXPECT_EQ(second->status.error().message, "no");
}

TEST_F(DeviceToolsTest, WhatCannotBeCalledIsNotSent) {
  const auto listing = ready();
  const auto unknown = call(*listing->host, "self_reboot");
  EXPECT_EQ(unknown->status.error().code, ErrorCode::not_found);
  const auto broken = call(*listing->host, "self_lamp_on", R"({}},"x":{)");
  EXPECT_EQ(broken->status.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(sent.size(), 2U);
}

TEST_F(DeviceToolsTest, PagesEnd) {
  const auto listing = list();
  tools->take({.id = 1});
  for (int id = 2; !listing->done(); ++id) {
    ASSERT_LE(id, kDeviceToolPagesMax + 1);
    tools->take({.id = id, .tools = {{.name = "t" + std::to_string(id)}}, .next_cursor = "more"});
  }
  EXPECT_EQ(listing->tools.size(), static_cast<std::size_t>(kDeviceToolPagesMax));
}

TEST_F(DeviceToolsTest, ASilentDeviceHasNone) {
  const auto listing = list();
  EXPECT_EQ(tools->next_at(), clock.now() + kDeviceListPatience);
  tools->expire(clock.now() + 9s);
  EXPECT_FALSE(listing->done());
  tools->expire(clock.now() + 10s);
  ASSERT_TRUE(listing->done());
  EXPECT_EQ(listing->status.error().code, ErrorCode::deadline_exceeded);
  EXPECT_EQ(tools->next_at(), std::nullopt);

  const auto refused = list();
  tools->take({.id = 2, .error = "no tools here"});
  EXPECT_EQ(refused->status.error().message, "no tools here");
}

TEST_F(DeviceToolsTest, CallsOutliveTheDevice) {
  const auto listing = ready();
  const std::shared_ptr<model::ToolHost> host = listing->host;
  tools.reset();
  EXPECT_EQ(call(*host, "self_lamp_on"), nullptr);
}

}  // namespace
}  // namespace parley::service
