// SPDX-License-Identifier: Apache-2.0
//
// We and an MCP server: introduced, listed, called. Threads: the HTTP client's I/O thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/tools/mcp_exchange.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/mcp_connector.h"
#include "model/tool_host.h"
#include "transport/client/http_client.h"

namespace parley::backend {

/// Pages of a server's list of tools; what comes after them is not asked for.
inline constexpr int kMcpPagesMax = 64;

class McpPeer final : public std::enable_shared_from_this<McpPeer> {
 public:
  using OnDone = std::function<void(Status status)>;
  using OnListed = std::function<void(Result<std::vector<model::McpTool>> tools)>;

  /// `timeout`: of one answer. The client outlives it.
  McpPeer(model::McpAddress server, transport::HttpUrl url, Millis timeout,
          transport::HttpClient& http)
      : server_(std::move(server)), url_(std::move(url)), timeout_(timeout), http_(http) {}

  void introduce(OnDone done);
  void list(OnListed done) { list_page({}, {}, std::move(done)); }
  std::shared_ptr<McpExchange> call(const model::ToolCall& call, McpExchange::OnDone done);
  /// Tells the server that we do not come back, if it gave us a session. Nobody waits for its
  /// answer.
  void leave();
  /// Lets go of what is under way. After the I/O thread has ended.
  void close();
  /// Tells introductions apart.
  [[nodiscard]] const std::string& session() const { return session_; }

 private:
  std::shared_ptr<McpExchange> send(std::int64_t id, std::string body, McpExchange::OnDone done,
                                    std::string method = "POST");
  void list_page(const std::string& cursor, std::vector<model::McpTool> found, OnListed done);

  const model::McpAddress server_;
  const transport::HttpUrl url_;
  const Millis timeout_;
  transport::HttpClient& http_;
  std::string session_;
  std::string version_;
  std::vector<std::weak_ptr<McpExchange>> open_;  // weak: who waits for an answer holds it
  std::int64_t last_id_ = 0;
  int pages_ = 0;
};

}  // namespace parley::backend
