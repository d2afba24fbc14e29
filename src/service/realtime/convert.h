// SPDX-License-Identifier: Apache-2.0
//
// The agent's words in the protocol's types, and back. Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent_settings.h"
#include "agent/conversation.h"
#include "agent/mcp_servers.h"
#include "agent/response.h"
#include "media/buffer_pool.h"
#include "protocol/realtime/item.h"
#include "protocol/realtime/server_event.h"
#include "protocol/realtime/session_config.h"

namespace parley::service {

/// Without audio bytes, as events show it.
[[nodiscard]] protocol::Item to_protocol(const agent::Item& item);
/// With its audio as s16le at 24 kHz, for `conversation.item.retrieved`.
[[nodiscard]] protocol::Item with_audio(const agent::Item& item, media::BufferPool& buffers);
/// Audio of user items comes in `format`.
[[nodiscard]] agent::Item to_agent(protocol::Item item, const protocol::WireFormat& format);

/// `conversation_id` is shown unless the response is out of band.
[[nodiscard]] protocol::ResponseObject to_protocol(const agent::Response& response,
                                                   std::string_view conversation_id);
[[nodiscard]] std::vector<protocol::WordInfo> to_protocol(std::span<const media::WordTime> words);
[[nodiscard]] protocol::TimelineInfo to_protocol(const agent::TurnTimeline& timeline);

[[nodiscard]] std::vector<model::LlmTool> to_agent(const std::vector<protocol::Tool>& tools);
/// The MCP servers among them.
[[nodiscard]] std::vector<agent::McpEntry> mcp_servers(const std::vector<protocol::Tool>& tools);
[[nodiscard]] std::vector<std::string> mcp_labels(const std::vector<protocol::Tool>& tools);
[[nodiscard]] model::LlmToolChoice to_agent(const protocol::ToolChoice& choice);
[[nodiscard]] model::LlmTruncation to_agent(const protocol::Truncation& truncation);
[[nodiscard]] agent::OutputFormat to_agent(const protocol::WireFormat& format);

/// The code that a client reads for an error of the engine: "unavailable", "internal", …
[[nodiscard]] std::string code_of(const Error& error);
/// Empty text is "none".
[[nodiscard]] std::optional<std::string> unless_empty(std::string_view text);

}  // namespace parley::service
