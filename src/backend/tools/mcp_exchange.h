// SPDX-License-Identifier: Apache-2.0
//
// One JSON-RPC message to an MCP server, and the answer to it: plain JSON, or the event of a stream
// that carries it. Threads: the HTTP client's I/O thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "backend/remote/sse_parser.h"
#include "base/result.h"
#include "transport/client/http_client.h"

namespace parley::backend {

/// Of one answer of a server, in bytes.
inline constexpr std::size_t kMcpAnswerBytesMax = 1U << 20U;

class McpExchange final : public transport::HttpListener,
                          public std::enable_shared_from_this<McpExchange> {
 public:
  struct Answer {
    Result<std::string> result;  // JSON text; of a notification: empty. not_found: HTTP 404
    std::string session;         // Mcp-Session-Id, if the server gave one
  };
  using OnDone = std::function<void(Answer answer)>;

  /// `id` 0: a notification. `on_done` is called once, unless `close` comes first.
  McpExchange(std::int64_t id, OnDone on_done) : id_(id), on_done_(std::move(on_done)) {}

  void begin(transport::HttpClient& http, transport::ClientRequest request, Millis timeout);
  void close();

 private:
  void on_field(std::string_view name, std::string_view value) override;
  void on_head(int status, std::string_view content_type) override;
  bool on_body(std::string_view bytes) override;
  void on_end(Status status) override;
  void take(std::string_view message);
  void finish(Result<std::string> result);

  const std::int64_t id_;
  OnDone on_done_;
  std::shared_ptr<transport::HttpExchange> exchange_;  // shared with the client
  SseParser events_;
  std::string body_;  // of an answer that is no event stream
  std::string session_;
  std::size_t bytes_ = 0;
  int status_ = 0;
  bool is_event_stream_ = false;
  bool is_over_ = false;
};

}  // namespace parley::backend
