// SPDX-License-Identifier: Apache-2.0
//
// One call of an MCP server's tool. Threads: the HTTP client's I/O thread, apart from `on_cancel`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backend/tools/mcp_exchange.h"
#include "backend/tools/mcp_peer.h"
#include "base/result.h"
#include "model/tool_host.h"
#include "transport/client/http_client.h"

namespace parley::backend {

class McpCalling final : public model::CancelHook, public std::enable_shared_from_this<McpCalling> {
 public:
  using OnDone = std::function<void(McpCalling& call)>;

  McpCalling(std::shared_ptr<model::ToolCall> call, std::shared_ptr<McpPeer> peer,
             transport::HttpClient& http, OnDone on_done)
      : call_(std::move(call)), peer_(std::move(peer)), http_(http), on_done_(std::move(on_done)) {}

  void begin();
  /// From outside: the host goes away. After the I/O thread has ended.
  void fail(Error error) { end(std::move(error)); }

 private:
  void on_cancel(model::Call& call) noexcept override;
  void take(Result<std::string> result, const std::string& session);
  void introduce_again();
  void end(Status status);

  std::shared_ptr<model::ToolCall> call_;  // shared with the session, which may end first
  const std::shared_ptr<McpPeer> peer_;
  transport::HttpClient& http_;
  const OnDone on_done_;
  std::shared_ptr<McpExchange> exchange_;  // shared with the client
  bool was_forgotten_ = false;
  bool is_over_ = false;
};

}  // namespace parley::backend
