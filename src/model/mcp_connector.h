// SPDX-License-Identifier: Apache-2.0
//
// Servers of the Model Context Protocol that a session names: connected to while it runs, asked for
// their tools, called. A connection is shared: calls that run keep what they need of it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/call.h"
#include "model/tool_host.h"

namespace parley::model {

struct McpAddress {
  std::string label;  // names it in messages
  std::string url;
  std::string authorization;  // the value of the header, such as "Bearer …"; empty: none
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
  friend bool operator==(const McpAddress&, const McpAddress&) = default;
};

struct McpTool : LlmTool {
  std::string annotations{};  // JSON object, or empty
  bool is_read_only = false;  // as the server says
};

/// A server is introduced and asked for its tools.
struct McpListing : Call {
  McpAddress server;               // in
  std::vector<McpTool> tools;      // out
  std::shared_ptr<ToolHost> host;  // out: runs them; shared with calls. Null when status is not ok
  Status status;                   // out
};

/// Threads: any; `open` returns at once.
class McpConnector {
 public:
  virtual ~McpConnector() = default;
  /// False when too many servers are being listed (counted).
  virtual bool open(std::shared_ptr<McpListing> listing) = 0;
};

}  // namespace parley::model
