// SPDX-License-Identifier: Apache-2.0
//
// MCP servers over streamable HTTP (revision 2025-06-18, and older ones that servers answer with).
// A server is asked for its tools once, when it is opened; when it forgets us (HTTP 404) we are
// introduced again, and the call that noticed is made once more.
//
// A call whose answer was lost is not made again: MCP has no key to know it by.
// A server hears (DELETE) when the last reference to its host goes; the client outlives those.
//
// Threads: any; construction and destruction one owner.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/tools/running_calls.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/mcp_connector.h"
#include "transport/client/http_client.h"

namespace parley::backend {

/// Calls to MCP servers of all sessions at one time; further ones are refused and counted.
inline constexpr std::size_t kMcpCallsMax = 256;
/// Servers that are being listed at one time; further ones are refused and counted.
inline constexpr std::size_t kMcpListingsMax = 64;

class McpCalling;
class McpPeer;

struct McpOptions {
  bool allow_private = false;  // servers on this machine and on its network
  std::string ca_file{};       // PEM; empty: the system's certificates
};

/// What a server has.
struct McpOpened {
  std::vector<model::McpTool> tools;
  std::shared_ptr<model::ToolHost> host;  // runs them; shared with calls
};

class McpClient final : public model::McpConnector {
 public:
  using OnOpened = std::function<void(Result<McpOpened> opened)>;

  McpClient(const McpOptions& options, Metrics& metrics);
  /// Calls that run are done with ErrorCode::unavailable; listings with nothing.
  ~McpClient() override;
  McpClient(const McpClient&) = delete;
  McpClient& operator=(const McpClient&) = delete;

  bool open(std::shared_ptr<model::McpListing> listing) override;
  /// `on_opened` is called once, on the I/O thread, unless this goes before. `timeout`: of one
  /// answer. Errors: invalid_argument, permission_denied (a private address, a missing key),
  /// unavailable, data_corrupt.
  void open(model::McpAddress server, Millis timeout, OnOpened on_opened);
  /// Nobody calls the server's tools any more.
  void leave(std::shared_ptr<McpPeer> peer);
  /// False when too many calls run.
  bool submit(std::shared_ptr<model::ToolCall> call, std::shared_ptr<McpPeer> peer);

 private:
  Counter& refused_;
  RunningCalls<McpCalling> running_{kMcpCallsMax, refused_};
  std::mutex mutex_;                           // held for a push or an erase
  std::vector<std::weak_ptr<McpPeer>> peers_;  // GUARDED_BY(mutex_)
  std::size_t listings_ = 0;                   // GUARDED_BY(mutex_)
  transport::HttpClient http_;                 // last: its thread uses the others
};

}  // namespace parley::backend
