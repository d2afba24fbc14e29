// SPDX-License-Identifier: Apache-2.0
//
// MCP servers that a session names: listed, called, asked for leave.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/agent_fixture.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::AgentFixture;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Calls are made by the test.
struct Shelf final : model::ToolHost {
  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept override { return {}; }
  bool submit(std::shared_ptr<model::ToolCall> call) override {
    calls.push_back(std::move(call));
    return true;
  }
  void forget(std::uint64_t) noexcept override {}
  void answer(std::string output, Status status = {}) {
    const std::shared_ptr<model::ToolCall> call = std::exchange(calls.back(), nullptr);
    calls.pop_back();
    call->output = std::move(output);
    call->status = std::move(status);
    call->finish();
  }
  std::vector<std::shared_ptr<model::ToolCall>> calls;
};

struct Connector final : model::McpConnector {
  bool open(std::shared_ptr<model::McpListing> listing) override {
    listings.push_back(std::move(listing));
    return true;
  }
  void answer(Status status = {}) {
    const std::shared_ptr<model::McpListing> listing = std::exchange(listings.back(), nullptr);
    listings.pop_back();
    listing->status = std::move(status);
    if (listing->status) {
      for (const char* name : {"find", "lose"}) {
        model::McpTool& tool = listing->tools.emplace_back();
        tool.name = name;
        tool.parameters = R"({"type":"object"})";
        tool.is_read_only = tool.name == "find";
      }
      listing->host = shelf;
    }
    listing->finish();
  }
  std::vector<std::shared_ptr<model::McpListing>> listings;
  std::shared_ptr<Shelf> shelf = std::make_shared<Shelf>();
};

McpEntry entry(bool asks_leave = false) {
  McpEntry made;
  made.server = {"shelf", "https://shelf.example.com/mcp", {}, {}};
  if (!asks_leave) made.without_leave.emplace();
  return made;
}

struct McpSession {
  explicit McpSession(std::vector<model::FakeReply> replies, McpEntry named = entry())
      : session({.replies = std::move(replies)}, {}, nullptr, {}, {1.0F}, &connector) {
    session.settings.audio = false;
    session.settings.mcp = {std::move(named)};
    session.rest(10ms);
  }
  void ask() {
    session.rest(10ms);  // what was answered is seen
    session.type("go");
    session.agent->create_response({});
    session.rest(1s);
  }
  [[nodiscard]] const Item& item(Item::Type type) const {
    static const Item kNone;
    for (const Item& one : session.agent->conversation().items()) {
      if (one.type == type) return one;
    }
    return kNone;
  }
  [[nodiscard]] std::ptrdiff_t count(const std::string& line) const {
    return std::count(session.lines.begin(), session.lines.end(), line);
  }
  void give_leave(bool approve, std::string reason = {}) {
    Item answer;
    answer.id = session.agent->make_id("item_");
    answer.type = Item::Type::mcp_approval_response;
    answer.mcp = std::make_shared<const McpFields>(
        McpFields{.approval_request_id = item(Item::Type::mcp_approval_request).id,
                  .approve = approve,
                  .reason = std::move(reason)});
    session.agent->insert_item(std::move(answer), {});
    session.rest(1s);
  }

  Connector connector;
  AgentFixture session;
};

model::FakeReply call(std::string tool) {
  return {.text = {}, .tool = std::move(tool), .arguments = R"({"q":1})"};
}
model::FakeReply say(std::string text) { return {.text = std::move(text)}; }

TEST(McpServers, IsListedOnceAndItsToolsAreOffered) {
  McpSession mcp({say("Hello.")});
  EXPECT_THAT(mcp.session.lines,
              ElementsAre("item_added mcp_list_tools", "mcp_list_tools in_progress"));
  mcp.connector.answer();
  mcp.session.rest(10ms);
  EXPECT_THAT(mcp.session.lines,
              ElementsAre("item_added mcp_list_tools", "mcp_list_tools in_progress",
                          "mcp_list_tools completed", "item_done mcp_list_tools completed"));
  EXPECT_EQ(mcp.item(Item::Type::mcp_list_tools).mcp->tools,
            R"([{"name":"find","description":"","input_schema":{"type":"object"}},)"
            R"({"name":"lose","description":"","input_schema":{"type":"object"}}])");
  mcp.session.agent->settings_changed();
  mcp.ask();
  EXPECT_THAT(mcp.connector.listings, IsEmpty()) << "it is connected already";
  const std::vector<model::LlmTool> offered = mcp.session.llm.seen().last_prompt.tools;
  ASSERT_EQ(offered.size(), 2U);
  EXPECT_EQ(offered[0].name + offered[1].name, "findlose");
}

TEST(McpServers, OnlyWhatIsAllowedIsOffered) {
  McpEntry named = entry();
  named.allowed.is_read_only = true;
  McpSession mcp({say("Hello.")}, named);
  mcp.connector.answer();
  mcp.ask();
  EXPECT_EQ(mcp.session.llm.seen().last_prompt.tools.size(), 1U);
}

TEST(McpServers, OneThatDoesNotAnswerSaysSo) {
  McpSession mcp({say("Hello.")});
  mcp.connector.answer(Error{ErrorCode::unavailable, "nobody there"});
  mcp.session.rest(10ms);
  EXPECT_THAT(mcp.session.lines, Contains("mcp_list_tools failed"));
  EXPECT_THAT(mcp.item(Item::Type::mcp_list_tools).mcp->error.value_or(""),
              HasSubstr("nobody there"));
}

TEST(McpServers, OneThatIsNamedNoMoreIsClosed) {
  McpSession mcp({say("Hello.")});
  mcp.session.settings.mcp.clear();
  mcp.session.agent->settings_changed();
  mcp.session.rest(10ms);
  EXPECT_THAT(mcp.session.lines, Contains("item_done mcp_list_tools completed"));
  mcp.connector.answer();
  mcp.ask();
  EXPECT_THAT(mcp.session.llm.seen().last_prompt.tools, IsEmpty());
  EXPECT_EQ(mcp.count("item_done mcp_list_tools completed"), 1);
}

TEST(McpServers, ACallIsMadeAndTheModelSaysWhatCameOut) {
  McpSession mcp({call("find"), say("On shelf one.")});
  mcp.connector.answer();
  mcp.session.rest(10ms);
  mcp.session.lines.clear();
  mcp.ask();
  EXPECT_THAT(mcp.session.lines,
              ElementsAre("item_added user", "item_done user completed", "response_created",
                          "output_item_added mcp_call", "item_added mcp_call", "arguments_delta",
                          R"(arguments_done find {"q":1})", "mcp_call 0 in_progress",
                          "output_item_done completed", "response_done completed"));
  ASSERT_EQ(mcp.connector.shelf->calls.size(), 1U);
  EXPECT_EQ(mcp.connector.shelf->calls[0]->arguments, R"({"q":1})");
  mcp.connector.shelf->answer("shelf 1");
  mcp.session.rest(1s);
  EXPECT_EQ(mcp.count("mcp_call 0 completed"), 1);
  EXPECT_EQ(mcp.count("item_done mcp_call completed"), 1);
  EXPECT_THAT(mcp.session.lines, Contains("text_done On shelf one."));
  EXPECT_EQ(mcp.item(Item::Type::mcp_call).mcp->output, "shelf 1");
  const std::vector<model::LlmMessage> read = mcp.session.llm.seen().last_prompt.messages;
  EXPECT_EQ(read.back().role, model::LlmMessage::Role::tool);
  EXPECT_EQ(read.back().text, "shelf 1");
}

TEST(McpServers, ACallThatFailsHasAnErrorAndNoOutput) {
  McpSession mcp({call("lose"), say("Gone.")});
  mcp.connector.answer();
  mcp.ask();
  mcp.connector.shelf->answer({}, Error{ErrorCode::failed_precondition, "it is gone"});
  mcp.session.rest(1s);
  EXPECT_EQ(mcp.count("mcp_call 0 failed"), 1);
  const McpFields& fields = *mcp.item(Item::Type::mcp_call).mcp;
  EXPECT_EQ(fields.error, R"({"type":"tool_execution_error","message":"it is gone"})");
  EXPECT_FALSE(fields.output);
  EXPECT_THAT(mcp.session.lines, Contains("text_done Gone."));
}

TEST(McpServers, SpeechDoesNotStopACall) {
  McpSession mcp({call("find"), say("Found.")});
  mcp.connector.answer();
  mcp.ask();
  mcp.session.speak(300ms);
  mcp.connector.shelf->answer("shelf 1");
  mcp.session.be_silent(1s);
  mcp.session.rest(1s);
  EXPECT_EQ(mcp.count("item_done mcp_call completed"), 1);
  EXPECT_EQ(mcp.item(Item::Type::mcp_call).mcp->output, "shelf 1");
}

TEST(McpServers, TheEndOfTheSessionAndADeletedItemEndACallOnce) {
  McpSession mcp({call("find")});
  mcp.connector.answer();
  mcp.ask();
  mcp.session.agent->end();
  EXPECT_EQ(mcp.count("item_done mcp_call completed"), 1);
  EXPECT_THAT(mcp.item(Item::Type::mcp_call).mcp->error.value_or(""), HasSubstr("ended"));

  McpSession deleted({call("find")});
  deleted.connector.answer();
  deleted.ask();
  deleted.session.agent->delete_item(std::string(deleted.item(Item::Type::mcp_call).id));
  deleted.connector.shelf->answer("late");
  deleted.session.rest(1s);
  EXPECT_EQ(deleted.count("item_done mcp_call completed"), 0);
}

TEST(McpServers, LeaveIsAskedForAndGiven) {
  McpSession mcp({call("find"), say("On shelf one.")}, entry(true));
  mcp.connector.answer();
  mcp.ask();
  EXPECT_THAT(mcp.connector.shelf->calls, IsEmpty());
  EXPECT_EQ(mcp.item(Item::Type::mcp_approval_request).arguments, R"({"q":1})");
  EXPECT_EQ(mcp.count("item_done mcp_approval_request completed"), 1);
  mcp.give_leave(true);
  ASSERT_EQ(mcp.connector.shelf->calls.size(), 1U);
  mcp.connector.shelf->answer("shelf 1");
  mcp.session.rest(1s);
  EXPECT_EQ(mcp.count("mcp_call 0 completed"), 1);
  EXPECT_EQ(mcp.item(Item::Type::mcp_call).mcp->approval_request_id,
            mcp.item(Item::Type::mcp_approval_request).id);
  EXPECT_THAT(mcp.session.lines, Contains("text_done On shelf one."));
  mcp.give_leave(true);
  EXPECT_THAT(mcp.connector.shelf->calls, IsEmpty()) << "the first answer counts";
}

TEST(McpServers, WhatIsRefusedIsNotCalledAndTheModelKnows) {
  McpSession mcp({call("find"), say("As you wish.")}, entry(true));
  mcp.connector.answer();
  mcp.ask();
  mcp.give_leave(false, "private");
  EXPECT_THAT(mcp.connector.shelf->calls, IsEmpty());
  EXPECT_THAT(mcp.session.lines, Contains("text_done As you wish."));
  EXPECT_THAT(mcp.session.llm.seen().last_prompt.messages.back().text, HasSubstr("private"));
}

TEST(McpServers, AsksOnlyForWhatTheRulesSay) {
  McpEntry named = entry();
  named.without_leave = McpFilter{.names = std::vector<std::string>{"find"}};
  McpSession mcp({call("lose")}, named);
  mcp.connector.answer();
  mcp.ask();
  EXPECT_EQ(mcp.count("item_done mcp_approval_request completed"), 1);
  McpSession free({call("find")}, named);
  free.connector.answer();
  free.ask();
  EXPECT_EQ(free.connector.shelf->calls.size(), 1U);
}

TEST(McpServers, AChoiceOfAServerOffersOnlyItsTools) {
  McpSession mcp({say("Hello.")});
  mcp.connector.answer();
  mcp.session.settings.tools = {{.name = "theirs"}};
  mcp.session.settings.tool_server = "shelf";
  mcp.ask();
  const std::vector<model::LlmTool> offered = mcp.session.llm.seen().last_prompt.tools;
  ASSERT_EQ(offered.size(), 2U);
  EXPECT_EQ(offered[0].name, "find");
}

TEST(McpServers, WithoutAConnectorTheListSaysSo) {
  AgentFixture session({.replies = {say("Hello.")}});
  session.settings.mcp = {entry()};
  session.rest(10ms);
  EXPECT_THAT(session.lines, Contains("mcp_list_tools failed"));
}

}  // namespace
}  // namespace parley::agent
