// SPDX-License-Identifier: Apache-2.0
//
// Model Context Protocol: JSON-RPC messages as text, and what of the answers matters here.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/mcp_connector.h"

namespace parley::backend {

/// The revision that is asked for; a server may answer with an older one.
inline constexpr std::string_view kMcpVersion = "2025-06-18";
/// Of one server, over all pages.
inline constexpr std::size_t kMcpToolsMax = 256;

[[nodiscard]] std::string mcp_initialize(std::int64_t id);
[[nodiscard]] std::string mcp_initialized();
[[nodiscard]] std::string mcp_list_tools(std::int64_t id, std::string_view cursor);
[[nodiscard]] std::string mcp_call_tool(std::int64_t id, std::string_view name,
                                        std::string_view arguments);

/// The result of the answer to request `id`, as JSON text. Nothing: `message` is something else (a
/// notification, another's answer). Errors: data_corrupt (no JSON-RPC), failed_precondition (what
/// the server says went wrong).
[[nodiscard]] Result<std::optional<std::string>> mcp_result(std::string_view message,
                                                            std::int64_t id);

/// Of the result of `initialize`: the revision. Errors: data_corrupt.
[[nodiscard]] Result<std::string> mcp_version(std::string_view result);

struct McpPage {
  std::vector<model::McpTool> tools;
  std::string next_cursor;  // empty: the last one
};
/// Of the result of `tools/list`. Errors: data_corrupt.
[[nodiscard]] Result<McpPage> mcp_page(std::string_view result);

/// Of the result of `tools/call`: the text of its content, one part per line. Errors: data_corrupt,
/// failed_precondition (the tool says that it failed; in its words).
[[nodiscard]] Result<std::string> mcp_output(std::string_view result);

}  // namespace parley::backend
