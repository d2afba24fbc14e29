// SPDX-License-Identifier: Apache-2.0
//
// One call on its way through an HTTP exchange.
//
// Threads: the HTTP client's I/O thread, apart from `on_cancel`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backend/delta_writer.h"
#include "backend/remote/chat_stream.h"
#include "backend/remote/remote_llm_host.h"
#include "backend/remote/sse_parser.h"
#include "model/llm_model.h"
#include "transport/client/http_client.h"

namespace parley::backend {

class RemoteReply final : public transport::HttpListener,
                          public model::CancelHook,
                          public std::enable_shared_from_this<RemoteReply> {
 public:
  using OnDone = std::function<void(RemoteReply& reply, ErrorCode failure, bool has_failed)>;

  /// `client` and `options` outlive the reply's exchange; `on_done` is called once.
  RemoteReply(std::shared_ptr<model::LlmCall> call, transport::HttpClient& client,
              const RemoteLlmOptions& options, OnDone on_done);

  void begin(transport::ClientRequest request);
  /// From outside: the host goes away. After the I/O thread has ended.
  void fail(Error error) { end(std::move(error)); }

 private:
  void on_head(int status, std::string_view content_type) override;
  bool on_body(std::string_view bytes) override;
  void on_end(Status status) override;
  void on_cancel(model::Call& call) noexcept override;

  void take_event(std::string_view data);
  void poll_ring();
  void try_finish();
  void end(Status status);
  [[nodiscard]] Error http_error() const;

  std::shared_ptr<model::LlmCall> call_;  // shared with the session, which may end first
  transport::HttpClient& client_;
  const RemoteLlmOptions& options_;
  const OnDone on_done_;
  std::shared_ptr<transport::HttpExchange> exchange_;  // shared with the client
  DeltaWriter writer_;
  SseParser events_;
  ChatStream stream_;
  Status stream_status_;
  std::string body_;  // of an answer that is no event stream
  int http_status_ = 0;
  bool is_event_stream_ = false;
  bool is_polling_ = false;
  bool is_finishing_ = false;  // all is said; the ring may still be full
  bool is_over_ = false;
};

}  // namespace parley::backend
