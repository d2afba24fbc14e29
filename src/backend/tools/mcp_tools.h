// SPDX-License-Identifier: Apache-2.0
//
// The functions of an MCP server that the configuration names, for every session.
// Threads: any; construction and destruction one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/tools/mcp_client.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/tool_host.h"

namespace parley::backend {

struct McpServer {
  std::string label;  // names it in messages
  std::string url;
  std::string authorization;  // the value of the header, such as "Bearer …"; empty: none
  std::optional<std::vector<std::string>> allowed_tools;  // absent: all
  Millis timeout{20'000};                                 // of one answer
};

class McpTools final : public model::ToolHost {
 public:
  /// Waits until the server has listed its tools. Errors: invalid_argument, permission_denied (a
  /// private address, a missing key), unavailable, deadline_exceeded, data_corrupt.
  [[nodiscard]] static Result<std::unique_ptr<McpTools>> open(McpServer server,
                                                              const McpOptions& options,
                                                              Metrics& metrics);

  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept override { return tools_; }
  bool submit(std::shared_ptr<model::ToolCall> call) override;
  void forget(std::uint64_t session) noexcept override;

 private:
  McpTools() = default;
  std::unique_ptr<McpClient> client_;  // calls that run are done with ErrorCode::unavailable
  std::shared_ptr<model::ToolHost> host_;
  std::vector<model::LlmTool> tools_;
};

}  // namespace parley::backend
