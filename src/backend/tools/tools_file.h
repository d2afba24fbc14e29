// SPDX-License-Identifier: Apache-2.0
//
// The YAML file of `tools.file`:
//
//   functions:
//     - type: function                 # as chat completions write it …
//       function: {name: order_status, description: …, parameters: {type: object, …}}
//       webhook: {url: https://…, secret: whsec_…, timeout_ms: 10000, retries: 2}
//     - type: function                 # … or as the Realtime API does
//       name: show_map
//       parameters: {type: object, properties: {place: {type: string}}}
//
//
//   mcp:
//     - {server_label: wiki, server_url: https://…/mcp, authorization: …, allowed_tools: [search]}
//
// A function without a webhook is the client's to run; every session has it until its client names
// other tools. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backend/tools/mcp_tools.h"
#include "backend/tools/webhook_tools.h"
#include "base/result.h"
#include "model/llm_model.h"

namespace parley::backend {

inline constexpr std::size_t kToolsFileBytesMax = 1U << 20U;

struct ToolsFile {
  std::vector<WebhookTool> webhooks;
  std::vector<McpServer> servers;
  std::vector<model::LlmTool> of_client;
};

/// Errors: invalid_argument, naming the place; `secret_env` names a variable of this process.
[[nodiscard]] Result<ToolsFile> parse_tools(std::string_view yaml, const std::string& name);
/// Of an empty path: nothing. Errors: not_found, invalid_argument.
[[nodiscard]] Result<ToolsFile> read_tools(const std::string& path);

}  // namespace parley::backend
