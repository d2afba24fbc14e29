// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/agent_order.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "protocol/parse_object.h"
#include "protocol/room/agent_order_reader.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646 §4.4.1
/// Every utterance in company is searched for the agent's name.
constexpr std::size_t kAgentNameBytesMax = 128;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_language(std::string_view code) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return code.size() >= 2 && code.size() <= kLanguageBytesMax && std::ranges::all_of(code, is_part);
}

bool is_address(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

std::optional<std::string> text(ObjectReader& reader, std::string_view key,
                                std::size_t bytes_max = kAgentFieldBytesMax) {
  std::optional<std::string> value = reader.string(key);
  if (value && value->size() > bytes_max) {
    reader.problems().report(string_too_long(reader.path_of(key), bytes_max, value->size()));
  }
  return value;
}

/// `is_right(value)`, or an error that says what was `expected`.
template <typename IsRight>
std::optional<std::string> judged(ObjectReader& reader, std::string_view key, IsRight is_right,
                                  std::string_view expected) {
  std::optional<std::string> value = text(reader, key);
  if (value && !is_right(*value)) {
    const std::string path = reader.path_of(key);
    std::string message = "Invalid value for '" + path + "': '" + *value + "', expected ";
    reader.problems().report(invalid_value(path, message.append(expected)));
  }
  return value;
}

std::string names_of(std::span<const std::string> agents) {
  const std::vector<std::string_view> names(agents.begin(), agents.end());
  return list_of(names);
}

}  // namespace

void read_agent_order(ObjectReader& reader, AgentOrder& order) {
  constexpr std::string_view kLanguage = "a language such as 'es' or 'zh-CN'.";
  order.agent = text(reader, "agent").value_or("");
  order.language = judged(reader, "language", is_language, kLanguage);
  order.to = judged(reader, "to", is_language, kLanguage);
  order.speak = reader.boolean("speak");
  order.instructions = text(reader, "instructions", kAgentInstructionsBytesMax);
  order.name = text(reader, "name", kAgentNameBytesMax);
  order.voice = text(reader, "voice");
  order.webhook = judged(reader, "webhook", is_address, "an address with http:// or https://.");
  order.greeting = text(reader, "greeting");
  reader.finish();
}

std::variant<AgentOrder, ProtocolError> parse_agent_order(std::string_view metadata,
                                                          std::span<const std::string> agents,
                                                          const std::string& otherwise) {
  if (metadata.size() > kAgentOrderBytesMax) {
    return string_too_long("metadata", kAgentOrderBytesMax, metadata.size());
  }
  const std::string_view wanted = trimmed(metadata);
  if (!is_utf8(wanted)) return invalid_value("metadata", "The metadata is not valid UTF-8.");
  AgentOrder order;
  if (wanted.starts_with('{')) {
    auto parsed = parse_object<AgentOrder>(wanted, read_agent_order);
    if (auto* error = std::get_if<ProtocolError>(&parsed)) return std::move(*error);
    order = std::move(std::get<AgentOrder>(parsed));
  } else {
    order.agent = wanted;
  }
  if (order.agent.empty()) order.agent = otherwise;
  if (std::ranges::find(agents, order.agent) == agents.end()) {
    return unsupported_value("agent", order.agent, names_of(agents));
  }
  return order;
}

}  // namespace parley::protocol
