// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/chat_request.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using Role = model::LlmMessage::Role;

boost::json::object request_of(const model::LlmCall& call) {
  return boost::json::parse(make_chat_request(call, {.model = "m"})).as_object();
}

TEST(ChatRequest, AsksForAStreamWithUsage) {
  model::LlmCall call;
  call.prompt.messages.resize(2);
  call.prompt.messages[0].role = Role::system;
  call.prompt.messages[0].text = "Be kind.";
  call.prompt.messages[1].text = "Say \"hi\"\n";
  call.output_tokens_max = 40;
  const boost::json::object request = request_of(call);
  EXPECT_EQ(request.at("model"), "m");
  EXPECT_EQ(request.at("stream"), true);
  EXPECT_EQ(request.at("stream_options").at("include_usage"), true);
  EXPECT_EQ(request.at("max_tokens"), 40);
  EXPECT_EQ(request.at("messages").at(0).at("role"), "system");
  EXPECT_EQ(request.at("messages").at(1).at("content"), "Say \"hi\"\n");
  EXPECT_FALSE(request.contains("tools"));
  EXPECT_FALSE(request.contains("tool_choice"));
  EXPECT_FALSE(request.contains("seed"));
}

TEST(ChatRequest, SendsToolsAndTheirHistory) {
  model::LlmCall call;
  call.prompt.messages.resize(2);
  call.prompt.messages[0].role = Role::assistant;
  call.prompt.messages[0].tool_calls = {{"call_1", "f", "{\"a\":1}"}};
  call.prompt.messages[1].role = Role::tool;
  call.prompt.messages[1].text = "done";
  call.prompt.messages[1].tool_call_id = "call_1";
  call.prompt.tools = {{"f", "Does it.", R"({"type":"object"})"}, {"g", "", "not json"}};
  call.prompt.tool_choice = {model::LlmToolChoice::Kind::function, "f"};
  const boost::json::object request = request_of(call);
  const boost::json::value& asked = request.at("messages").at(0);
  EXPECT_TRUE(asked.at("content").is_null());
  EXPECT_EQ(asked.at("tool_calls").at(0).at("id"), "call_1");
  EXPECT_EQ(asked.at("tool_calls").at(0).at("function").at("arguments"), "{\"a\":1}");
  EXPECT_EQ(request.at("messages").at(1).at("tool_call_id"), "call_1");
  EXPECT_EQ(request.at("tools").at(0).at("function").at("description"), "Does it.");
  EXPECT_EQ(request.at("tools").at(1).at("function").at("parameters").at("type"), "object");
  EXPECT_EQ(request.at("tool_choice").at("function").at("name"), "f");
  EXPECT_EQ(request.at("parallel_tool_calls"), true);
  call.prompt.parallel_tool_calls = false;
  EXPECT_EQ(request_of(call).at("parallel_tool_calls"), false);
}

TEST(ChatRequest, NamesEachToolChoice) {
  model::LlmCall call;
  call.prompt.messages.resize(1);
  call.prompt.tools = {{"f", "", ""}};
  using Kind = model::LlmToolChoice::Kind;
  for (const auto& [kind, name] :
       {std::pair{Kind::automatic, "auto"}, std::pair{Kind::none, "none"},
        std::pair{Kind::required, "required"}}) {
    call.prompt.tool_choice.kind = kind;
    EXPECT_EQ(request_of(call).at("tool_choice"), name);
  }
}

}  // namespace
}  // namespace parley::backend
