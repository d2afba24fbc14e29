// SPDX-License-Identifier: Apache-2.0
#include "agent/mcp_servers.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"

namespace parley::agent {
namespace {

constexpr std::size_t kTextBytesMax = 4000;
// The connector has limits of its own.
constexpr Millis kPatience{60'000};

std::string tools_json(const std::vector<model::McpTool>& tools) {
  std::string text = "[";
  for (const model::McpTool& tool : tools) {
    text += text.size() > 1 ? R"(,{"name":)" : R"({"name":)";
    json_text::append_string(text, tool.name, kTextBytesMax);
    text += R"(,"description":)";
    json_text::append_string(text, tool.description, kTextBytesMax);
    text += R"(,"input_schema":)" + (tool.parameters.empty() ? "{}" : tool.parameters);
    if (!tool.annotations.empty()) text += R"(,"annotations":)" + tool.annotations;
    text += '}';
  }
  return text + "]";
}

bool is_among(const McpServers::Labels& labels, const std::string& label) {
  return !labels || std::find(labels->begin(), labels->end(), label) != labels->end();
}

}  // namespace

bool McpFilter::has(const model::McpTool& tool) const {
  if (is_read_only && *is_read_only != tool.is_read_only) return false;
  return !names || std::find(names->begin(), names->end(), tool.name) != names->end();
}

std::string mcp_error(const Error& error) {
  // What a tool says of itself, and what kept us from it.
  const bool is_tools = error.code == ErrorCode::failed_precondition;
  std::string text = is_tools ? R"({"type":"tool_execution_error","message":)"
                              : R"({"type":"protocol_error","code":-32000,"message":)";
  json_text::append_string(text, error.message, kTextBytesMax);
  return text + "}";
}

void McpServers::update(const std::vector<McpEntry>& wanted, const Begin& begin, Instant now) {
  std::vector<Server> servers;
  for (const McpEntry& entry : wanted) {
    const auto known = std::find_if(servers_.begin(), servers_.end(), [&](const Server& one) {
      return one.entry.server == entry.server;
    });
    if (known != servers_.end()) {
      Server& server = servers.emplace_back(std::move(*known));
      servers_.erase(known);
      server.entry = entry;
      if (server.is_told) allow(server);
      continue;
    }
    Server& server = servers.emplace_back(
        Server{entry, std::make_shared<model::McpListing>(), begin(entry.server.label), false});
    server.listing->server = entry.server;
    server.listing->begin(waker_, now + kPatience);
    if (servers.size() <= kMcpServersMax) {
      list(server);
    } else {
      server.listing->status =
          Error{ErrorCode::resource_exhausted, "The session names too many MCP servers."};
      server.listing->finish();
    }
  }
  for (const Server& server : servers_) {
    if (server.is_told) continue;
    gone_.push_back({server.item_id, server.entry.server.label, "[]",
                     Error{ErrorCode::cancelled, "The session names the server no more."}});
  }
  servers_ = std::move(servers);
}

void McpServers::list(Server& server) {
  model::McpListing& listing = *server.listing;
  if (connector_ == nullptr) {
    listing.status = Error{ErrorCode::unavailable, "MCP servers are not connected to here."};
  } else if (listing.server.url.empty()) {
    listing.status = Error{ErrorCode::invalid_argument, "Only servers with a URL are reached."};
  } else if (connector_->open(server.listing)) {
    return;
  } else {
    listing.status = Error{ErrorCode::resource_exhausted, "Too many MCP servers are being listed."};
  }
  listing.finish();
}

void McpServers::allow(Server& server) {
  if (!server.listing->status) return;
  server.tools = server.listing->tools;
  std::erase_if(server.tools, [&](const auto& tool) { return !server.entry.allowed.has(tool); });
}

std::vector<McpServers::Listed> McpServers::advance() {
  std::vector<Listed> listed = std::exchange(gone_, {});
  for (Server& server : servers_) {
    if (server.is_told || !server.listing->done()) continue;
    server.is_told = true;
    allow(server);
    listed.push_back({server.item_id, server.entry.server.label, tools_json(server.tools),
                      server.listing->status});
  }
  return listed;
}

void McpServers::append_tools(std::vector<model::LlmTool>& brought, const Labels& labels) const {
  for (const Server& server : servers_) {
    if (!is_among(labels, server.entry.server.label)) continue;
    for (const model::McpTool& tool : server.tools) {
      const bool is_hidden =
          std::any_of(brought.begin(), brought.end(),
                      [&](const model::LlmTool& one) { return one.name == tool.name; });
      if (!is_hidden) brought.push_back(tool);
    }
  }
}

std::optional<McpServers::Origin> McpServers::find(std::string_view name,
                                                   const Labels& labels) const {
  for (const Server& server : servers_) {
    if (!is_among(labels, server.entry.server.label)) continue;
    for (const model::McpTool& tool : server.tools) {
      if (tool.name != name) continue;
      return Origin{server.entry.server.label, needs_leave(server, tool), server.listing->host};
    }
  }
  return std::nullopt;
}

bool McpServers::has(std::string_view label) const {
  return std::any_of(servers_.begin(), servers_.end(),
                     [&](const Server& one) { return one.entry.server.label == label; });
}

std::shared_ptr<model::ToolHost> McpServers::host(std::string_view label) const {
  const auto found = std::find_if(servers_.begin(), servers_.end(), [&](const Server& one) {
    return one.is_told && one.entry.server.label == label;
  });
  return found == servers_.end() ? nullptr : found->listing->host;
}

bool McpServers::needs_leave(const Server& server, const model::McpTool& tool) {
  const McpEntry& entry = server.entry;
  if (entry.with_leave && entry.with_leave->has(tool)) return true;
  return !entry.without_leave || !entry.without_leave->has(tool);
}

}  // namespace parley::agent
