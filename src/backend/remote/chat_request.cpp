// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/chat_request.h"

#include <string_view>

#include <boost/json.hpp>

namespace parley::backend {
namespace {

namespace json = boost::json;
using model::LlmMessage;

// Servers read the seed into 31 or 63 bits.
constexpr std::uint64_t kSeedMask = 0x7FFFFFFF;

std::string_view role_name(LlmMessage::Role role) {
  switch (role) {
    case LlmMessage::Role::system:
      return "system";
    case LlmMessage::Role::user:
      return "user";
    case LlmMessage::Role::assistant:
      return "assistant";
    case LlmMessage::Role::tool:
      return "tool";
  }
  return "user";
}

json::object message_json(const LlmMessage& message) {
  json::object out{{"role", role_name(message.role)}, {"content", message.text}};
  if (message.role == LlmMessage::Role::tool) out["tool_call_id"] = message.tool_call_id;
  if (message.tool_calls.empty()) return out;
  json::array calls;
  for (const model::LlmToolCall& call : message.tool_calls) {
    calls.push_back({{"id", call.id},
                     {"type", "function"},
                     {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  }
  out["tool_calls"] = std::move(calls);
  if (message.text.empty()) out["content"] = nullptr;
  return out;
}

json::object tool_json(const model::LlmTool& tool) {
  boost::system::error_code error;
  json::value parameters = json::parse(tool.parameters, error);
  if (error || !parameters.is_object()) {
    parameters = {{"type", "object"}, {"properties", json::object()}};
  }
  json::object function{{"name", tool.name}, {"parameters", std::move(parameters)}};
  if (!tool.description.empty()) function["description"] = tool.description;
  return {{"type", "function"}, {"function", std::move(function)}};
}

json::value choice_json(const model::LlmToolChoice& choice) {
  switch (choice.kind) {
    case model::LlmToolChoice::Kind::automatic:
      return "auto";
    case model::LlmToolChoice::Kind::none:
      return "none";
    case model::LlmToolChoice::Kind::required:
      return "required";
    case model::LlmToolChoice::Kind::function:
      return {{"type", "function"}, {"function", {{"name", choice.function}}}};
  }
  return "auto";
}

}  // namespace

std::string make_chat_request(const model::LlmCall& call, const ChatRequestOptions& options) {
  json::object request{{"model", options.model},
                       {"stream", true},
                       {"stream_options", {{"include_usage", true}}},
                       {"temperature", call.temperature}};
  if (call.output_tokens_max > 0) request[options.output_limit_field] = call.output_tokens_max;
  if (call.seed != 0) request["seed"] = call.seed & kSeedMask;
  json::array messages;
  for (const LlmMessage& message : call.prompt.messages) messages.push_back(message_json(message));
  request["messages"] = std::move(messages);
  if (!call.prompt.tools.empty()) {
    json::array tools;
    for (const model::LlmTool& tool : call.prompt.tools) tools.push_back(tool_json(tool));
    request["tools"] = std::move(tools);
    request["tool_choice"] = choice_json(call.prompt.tool_choice);
    request["parallel_tool_calls"] = call.prompt.parallel_tool_calls;
  }
  return json::serialize(request);
}

}  // namespace parley::backend
