// SPDX-License-Identifier: Apache-2.0
//
// The body of an answer that is made while it is being read. `HttpBody` is the way out, and any
// thread may use it; `HttpBodySink` hears of the reader, on the connection's I/O loop.
//
//   std::shared_ptr<HttpBody> body = reply.stream({.content_type = "audio/mpeg"}, std::move(sink));
//   body->write(std::make_shared<const std::string>(first_piece));
//   body->finish();
//
// What waits to be sent is bounded as that of a Connection: past `queue_bytes_soft` a write still
// succeeds but says `backpressure`; one that finds more than `queue_bytes_hard` waiting cuts the
// connection, and so does a reader that takes nothing for `write_timeout`.
#pragma once

#include <cstddef>
#include <memory>

#include "transport/connection.h"
#include "transport/http/http_message.h"

namespace parley::transport {

/// Threads: any. Never blocks. Outlives its socket. Whoever drops the last reference to one that is
/// not finished aborts it.
class HttpBody {
 public:
  virtual ~HttpBody() = default;
  /// The head of the answer goes out with the first piece. An empty piece sends the head alone.
  virtual SendResult write(Message piece) = 0;
  /// As long as nothing was written, all of the answer can be another one (an error). False when it
  /// is too late.
  virtual bool refuse(HttpResponse instead) = 0;
  /// The body is whole; what waits still goes out, and the connection serves the next request.
  virtual void finish() = 0;
  /// Drops what waits and ends the connection so that the reader sees a broken body.
  virtual void abort() = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

/// Threads: the connection's I/O loop. Must return quickly: other connections wait.
class HttpBodySink {
 public:
  virtual ~HttpBodySink() = default;
  /// After `SendResult::backpressure`: half of the soft limit is free again.
  virtual void on_writable() {}
  /// Once, last: the body has gone out, or never will, because it was aborted or the reader went
  /// away or was too slow. A reader that ends its own direction counts as gone. The sink is
  /// destroyed next.
  virtual void on_close() = 0;
};

}  // namespace parley::transport
