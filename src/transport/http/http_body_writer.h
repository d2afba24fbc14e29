// SPDX-License-Identifier: Apache-2.0
//
// Sends a streamed body over the connection of its request: a queue that any thread fills and the
// loop empties, several pieces to a system call. Private to src/transport.
//
// Life: made → carry → written, piece by piece → close. `close` comes from the connection, whatever
// ended the body; after it the writer knows the connection no more.
//
// Threads: what HttpBody has any; the rest the loop's.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>

#include "transport/http/http_body.h"
#include "transport/listener_core.h"
#include "transport/stream.h"

namespace parley::transport {

/// The connection, as a body sees it.
class HttpBodyCarrier {
 public:
  enum class End : std::uint8_t {
    whole,    // all of it went out
    aborted,  // the reader must see that it is not whole
    broken,   // nobody is there any more
  };
  virtual ~HttpBodyCarrier() = default;
  [[nodiscard]] virtual Stream& stream() = 0;
  /// Either of them once; they call `close`.
  virtual void on_body_end(End end) = 0;
  virtual void on_body_refused(HttpResponse instead) = 0;
};

class HttpBodyWriter final : public HttpBody, public std::enable_shared_from_this<HttpBodyWriter> {
 public:
  enum class Framing : std::uint8_t { chunked, until_close, head_only };

  HttpBodyWriter(std::shared_ptr<ListenerCore> core, std::shared_ptr<Loop> loop,
                 std::unique_ptr<HttpBodySink> sink)
      : core_(std::move(core)), loop_(std::move(loop)), sink_(std::move(sink)) {}

  SendResult write(Message piece) override;
  bool refuse(HttpResponse instead) override;
  void finish() override;
  void abort() override;
  [[nodiscard]] std::size_t queued_bytes() const override;

  /// Nobody can write any more: what is not finished never will be.
  void drop();

  void carry(std::shared_ptr<HttpBodyCarrier> carrier, std::string head, Framing framing);
  void close();

 private:
  /// Pieces that go out together.
  struct Batch {
    std::vector<Message> pieces;
    std::size_t bytes = 0;
    bool is_last = false;
  };

  void post_pump();
  void pump();
  [[nodiscard]] bool take_batch();
  void frame();
  void write_some();
  void on_written(const boost::system::error_code& failure, std::size_t bytes);
  void on_batch_written();

  const std::shared_ptr<ListenerCore> core_;

  // Loop.
  const std::shared_ptr<Loop> loop_;
  std::shared_ptr<HttpBodyCarrier> carrier_;  // from carry to close
  std::unique_ptr<HttpBodySink> sink_;        // may be null
  Framing framing_ = Framing::chunked;
  std::string head_;  // until it has gone out
  Batch batch_;       // what is being written
  std::array<char, 20> chunk_size_{};
  std::vector<boost::asio::const_buffer> remaining_;  // of what is being written, in order
  bool is_writing_ = false;

  // Any thread.
  mutable std::mutex mutex_;
  std::deque<Message> outbox_;           // GUARDED_BY(mutex_)
  std::size_t queued_bytes_ = 0;         // GUARDED_BY(mutex_): the outbox and the batch
  std::optional<HttpResponse> instead_;  // GUARDED_BY(mutex_)
  bool was_written_ = false;             // GUARDED_BY(mutex_): the head may go
  bool is_finished_ = false;             // GUARDED_BY(mutex_): no more pieces come
  bool is_aborted_ = false;              // GUARDED_BY(mutex_)
  bool is_closed_ = false;               // GUARDED_BY(mutex_)
  bool is_pump_posted_ = false;          // GUARDED_BY(mutex_)
  bool owes_writable_ = false;           // GUARDED_BY(mutex_): somebody was told `backpressure`
};

/// What a request's answerer holds: the last of its copies aborts a body that is not finished.
[[nodiscard]] std::shared_ptr<HttpBody> held_body(std::shared_ptr<HttpBodyWriter> writer);

/// Of a connection that has gone.
[[nodiscard]] std::shared_ptr<HttpBody> closed_body();

}  // namespace parley::transport
