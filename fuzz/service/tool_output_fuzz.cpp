// SPDX-License-Identifier: Apache-2.0
//
// What a function answered, on its way from a client's event to the body that an endpoint is sent:
// the first line is the arguments of the call, the rest its output. Whatever it says, it stays
// text, and arrives whole.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/json.hpp>

#include "agent/prompt.h"
#include "backend/remote/chat_request.h"
#include "protocol/realtime/client_event.h"
#include "service/realtime/convert.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject
namespace json = boost::json;

void require(bool condition) {
  if (!condition) std::abort();
}

/// The item that a client makes by an event; nothing when the event is refused.
std::optional<agent::Item> item_of(const json::object& item) {
  static media::BufferPool buffers;
  const std::string text =
      json::serialize(json::object{{"type", "conversation.item.create"}, {"item", item}});
  protocol::ParsedEvent parsed = protocol::parse_client_event(text, buffers);
  auto* event = std::get_if<protocol::ClientEvent>(&parsed);
  if (event == nullptr) return std::nullopt;
  auto& create = std::get<protocol::ConversationItemCreate>(event->payload);
  return service::to_agent(std::move(*create.item), {});
}

std::string request_of(const agent::Item& call, const agent::Item& output) {
  model::LlmCall prompt;
  const std::array<const agent::Item*, 2> items{&call, &output};
  agent::append_messages(prompt.prompt.messages, items);
  return backend::make_chat_request(prompt, {.model = "m"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view arguments = text.substr(0, line);
  const std::string_view told = text.substr(std::min(line + 1, text.size()));
  const auto call = item_of({{"type", "function_call"},
                             {"call_id", "call_1"},
                             {"name", "look"},
                             {"arguments", arguments}});
  const auto output =
      item_of({{"type", "function_call_output"}, {"call_id", "call_1"}, {"output", told}});
  if (!call || !output) return 0;  // no UTF-8

  json::error_code error;
  const json::value request = json::parse(request_of(*call, *output), error);
  require(!error);
  const json::array& messages = request.at("messages").as_array();
  require(messages.size() == 2);
  require(messages[0].at("tool_calls").as_array().size() == 1);
  const json::value& function = messages[0].at("tool_calls").at(0).at("function");
  require(std::string_view(function.at("arguments").as_string()) == arguments);
  require(messages[1].at("role") == "tool" && messages[1].at("tool_call_id") == "call_1");
  require(std::string_view(messages[1].at("content").as_string()) == told);
  return 0;
}
