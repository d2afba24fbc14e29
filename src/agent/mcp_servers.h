// SPDX-License-Identifier: Apache-2.0
//
// The MCP servers that a session names among its tools: connects to each when it is first named,
// and knows which of their tools the model is offered and which need the client's leave.
// Threads: strand.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "exec/strand.h"
#include "model/mcp_connector.h"

namespace parley::agent {

/// Of a session at one time; further ones are not connected to, and their list says so.
inline constexpr std::size_t kMcpServersMax = 16;

/// Which tools of a server.
struct McpFilter {
  std::optional<std::vector<std::string>> names{};  // absent: any
  std::optional<bool> is_read_only{};               // absent: either
  [[nodiscard]] bool has(const model::McpTool& tool) const;
  friend bool operator==(const McpFilter&, const McpFilter&) = default;
};

/// A server as the session's settings name it.
struct McpEntry {
  model::McpAddress server{};
  McpFilter allowed{};
  // Leave is asked for, unless `without_leave` has the tool and `with_leave` has not.
  std::optional<McpFilter> with_leave{};
  std::optional<McpFilter> without_leave{};
};

class McpServers {
 public:
  /// `connector` may be null: then servers are not connected to. It and `waker` outlive this.
  McpServers(model::McpConnector* connector, const exec::Waker& waker)
      : connector_(connector), waker_(waker) {}

  /// What a model's call of this name would be.
  struct Origin {
    std::string label;
    bool needs_leave = false;
    std::shared_ptr<model::ToolHost> host;  // shared with calls
  };
  /// Of the servers named `labels`; of all when there are none.
  using Labels = std::optional<std::vector<std::string>>;

  /// The settings' servers; those that are there already stay connected, new ones are listed.
  /// `begin` makes the item for a new one's list and says its id.
  using Begin = std::function<std::string(const std::string& label)>;
  void update(const std::vector<McpEntry>& wanted, const Begin& begin, Instant now);
  /// A server has answered, or could not.
  struct Listed {
    std::string item_id;
    std::string label;
    std::string tools;  // JSON array: those that are allowed
    Status status;
  };
  [[nodiscard]] std::vector<Listed> advance();

  /// Behind `brought`, which hide those of the same name.
  void append_tools(std::vector<model::LlmTool>& brought, const Labels& labels) const;
  [[nodiscard]] std::optional<Origin> find(std::string_view name, const Labels& labels) const;
  /// The settings name such a server.
  [[nodiscard]] bool has(std::string_view label) const;
  /// Of one server, whatever the labels; null: it is not connected to.
  [[nodiscard]] std::shared_ptr<model::ToolHost> host(std::string_view label) const;

 private:
  struct Server {
    McpEntry entry;
    std::shared_ptr<model::McpListing> listing;  // shared with the connector; null: never asked
    std::string item_id;                         // of its list
    bool is_told = false;
    std::vector<model::McpTool> tools{};  // those that are allowed
  };
  static void allow(Server& server);
  [[nodiscard]] static bool needs_leave(const Server& server, const model::McpTool& tool);
  void list(Server& server);

  model::McpConnector* const connector_;
  const exec::Waker& waker_;
  std::vector<Server> servers_;
  std::vector<Listed> gone_;  // named no more before their answer came; not told
};

/// mcp_call.error, mcp_list_tools.error: a JSON object.
[[nodiscard]] std::string mcp_error(const Error& error);

}  // namespace parley::agent
