// SPDX-License-Identifier: Apache-2.0
//
// One WebSocket: bytes arrive here first and leave here last. Reads, writes and timers run on the
// connection's loop; other threads only append to the outbox. One of the two files that compile
// Beast.
//
// Life: start → handshake → on_open → messages → end() → on_close. `end` runs once, whatever comes
// first: the peer's close, ours, an error, silence, or the listener's stop.
#include "transport/websocket/websocket_connection.h"

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "base/check.h"
#include "base/log.h"
#include "base/trace.h"
#include "base/utf8.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Request = beast::http::request<beast::http::string_body>;

/// A larger read buffer is given back after its message, so that an idle connection stays small.
constexpr std::size_t kReadBufferKept = 8U << 10U;
/// RFC 6455 §5.5: a control frame carries at most 125 bytes, two of which are the code.
constexpr std::size_t kCloseReasonMax = 123;

class WebSocketConnection final : public Peer,
                                  public Connection,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  WebSocketConnection(Stream stream, Request request, WebSocketStart start,
                      std::shared_ptr<Loop> loop, ConnectionSlot slot)
      : loop_(std::move(loop)),
        socket_(std::in_place, std::move(stream)),
        ticker_(loop_->context),
        request_(std::make_unique<Request>(std::move(request))),
        sink_(std::move(start.sink)),
        remote_(std::move(start.remote)),
        core_(slot.core()),
        slot_(std::move(slot)) {
    configure(std::move(start.subprotocol), std::move(start.request_id));
  }

  void start();

  SendResult send_text(Message message) override;
  SendResult send_text(std::unique_ptr<MessageSource> source) override;
  SendResult send_binary(Message message) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void resume() override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  [[nodiscard]] const std::string& remote() const override { return remote_; }

  void shut_down() override { close(close_code::kGoingAway, "the server is shutting down"); }
  void cut() override { end(close_code::kAbnormal, "cut"); }

 private:
  struct Outgoing {
    Message message;  // or else the source
    std::unique_ptr<MessageSource> source;
    std::size_t weight = 0;  // bytes, as the queue counts them
    bool is_text = true;
  };
  struct Closing {
    std::uint16_t code;
    std::string reason;
  };

  void configure(std::string subprotocol, std::string request_id);
  void on_handshake(error_code failure);
  SendResult send(Outgoing outgoing);
  void post_pump();
  void pump();
  void on_written(error_code failure, std::size_t bytes);
  void await_close(const Closing& closing);
  void start_close(const Closing& closing);
  void read_next();
  void on_read(error_code failure);
  void give_to_sink();
  void tick();
  void on_tick();
  void end(std::uint16_t code, std::string_view reason);
  void end_with(const error_code& failure);
  [[nodiscard]] const ListenerOptions& options() const { return core_->options; }

  // Loop.
  std::shared_ptr<Loop> loop_;
  // false: no permessage-deflate. Empty after the end, also when somebody still holds us.
  std::optional<websocket::stream<Stream, false>> socket_;
  asio::steady_timer ticker_;
  beast::flat_buffer buffer_;
  std::unique_ptr<Request> request_;  // until the handshake is done
  std::unique_ptr<ConnectionSink> sink_;
  const std::string remote_;
  const std::shared_ptr<ListenerCore> core_;
  std::optional<ConnectionSlot> slot_;
  std::optional<Outgoing> writing_;  // its message is there
  bool was_opened_ = false;          // on_open was called
  bool is_open_ = false;             // and nothing speaks against writing
  bool is_reading_ = false;
  bool is_paused_ = false;
  bool is_pinging_ = false;
  bool is_closing_ = false;  // under close_timeout
  bool is_ended_ = false;
  bool heard_ = true;            // something arrived since the last ping
  std::size_t heard_bytes_ = 0;  // of a message that is still arriving, at the last tick

  // Any thread.
  mutable std::mutex mutex_;
  std::deque<Outgoing> outbox_;     // GUARDED_BY(mutex_)
  std::size_t queued_bytes_ = 0;    // GUARDED_BY(mutex_): the outbox and the message being written
  std::optional<Closing> closing_;  // GUARDED_BY(mutex_): nothing is accepted any more
  bool is_pump_posted_ = false;     // GUARDED_BY(mutex_)
  bool owes_writable_ = false;      // GUARDED_BY(mutex_): somebody was told `backpressure`
  bool is_closed_ = false;          // GUARDED_BY(mutex_)
};

/// At most kCloseReasonMax bytes, cut between characters.
std::string close_reason_text(std::string_view reason) {
  return std::string(reason.substr(0, character_begin(reason, kCloseReasonMax)));
}

// --- opening ------------------------------------------------------------------------------------

void WebSocketConnection::configure(std::string subprotocol, std::string request_id) {
  // Beast's own idle timer would cut a connection that we do not read from on purpose.
  socket_->set_option(
      websocket::stream_base::timeout{.handshake_timeout = options().handshake_timeout,
                                      .idle_timeout = websocket::stream_base::none(),
                                      .keep_alive_pings = false});
  socket_->set_option(websocket::stream_base::decorator(
      [protocol = std::move(subprotocol),
       id = std::move(request_id)](websocket::response_type& response) {
        response.set(beast::http::field::server, "parley");
        response.set("x-request-id", id);
        if (!protocol.empty()) {
          response.set(beast::http::field::sec_websocket_protocol, protocol);
        }
      }));
  socket_->read_message_max(options().message_bytes_max);
  // One frame for each message: nothing is gained by cutting what is already in memory.
  socket_->auto_fragment(false);
}

void WebSocketConnection::start() {
  loop_->peers.insert(shared_from_this());
  socket_->async_accept(
      *request_, [self = shared_from_this()](error_code failure) { self->on_handshake(failure); });
}

void WebSocketConnection::on_handshake(error_code failure) {
  request_.reset();
  if (is_ended_) return;
  if (failure) return end_with(failure);
  was_opened_ = true;
  is_open_ = true;
  socket_->control_callback([this](websocket::frame_type, beast::string_view) { heard_ = true; });
  sink_->on_open(shared_from_this());
  read_next();
  tick();
  pump();
}

// --- out ----------------------------------------------------------------------------------------

SendResult WebSocketConnection::send_text(Message message) {
  PARLEY_CHECK(message != nullptr);
  const std::size_t weight = message->size();
  return send({.message = std::move(message), .source = nullptr, .weight = weight});
}

SendResult WebSocketConnection::send_text(std::unique_ptr<MessageSource> source) {
  PARLEY_CHECK(source != nullptr);
  const std::size_t weight = source->bytes_estimate();
  return send({.message = nullptr, .source = std::move(source), .weight = weight});
}

SendResult WebSocketConnection::send_binary(Message message) {
  PARLEY_CHECK(message != nullptr);
  const std::size_t weight = message->size();
  return send(
      {.message = std::move(message), .source = nullptr, .weight = weight, .is_text = false});
}

SendResult WebSocketConnection::send(Outgoing outgoing) {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || closing_) return SendResult::closed;
  if (queued_bytes_ > options().queue_bytes_hard) {
    core_->counters.slow_peers.add();
    for (const Outgoing& dropped : outbox_) queued_bytes_ -= dropped.weight;
    outbox_.clear();
    closing_ = Closing{close_code::kTryAgainLater, "the client reads too slowly"};
    post_pump();
    return SendResult::closed;
  }
  queued_bytes_ += outgoing.weight;
  outbox_.push_back(std::move(outgoing));
  post_pump();
  if (queued_bytes_ <= options().queue_bytes_soft) return SendResult::sent;
  owes_writable_ = true;
  return SendResult::backpressure;
}

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || closing_) return;
  closing_ = Closing{code, close_reason_text(reason)};
  post_pump();
}

/// The mutex is held. Wakes the loop once for any number of sends.
void WebSocketConnection::post_pump() {
  if (std::exchange(is_pump_posted_, true)) return;
  asio::post(loop_->context, [self = shared_from_this()] {
    {
      const std::lock_guard lock(self->mutex_);
      self->is_pump_posted_ = false;
    }
    self->pump();
  });
}

void WebSocketConnection::pump() {
  if (!was_opened_ || is_ended_) return;
  std::optional<Outgoing> next;
  std::optional<Closing> closing;
  {
    const std::lock_guard lock(mutex_);
    closing = closing_;
    if (is_open_ && !writing_ && !outbox_.empty()) {
      next = std::move(outbox_.front());
      outbox_.pop_front();
    }
  }
  if (closing && !std::exchange(is_closing_, true)) await_close(*closing);
  if (next) {
    if (next->source != nullptr) {
      next->message = std::make_shared<const std::string>(next->source->text());
      next->source.reset();
    }
    writing_ = std::move(next);
    socket_->text(writing_->is_text);
    PARLEY_HOP();
    socket_->async_write(asio::buffer(*writing_->message),
                         [self = shared_from_this()](error_code failure, std::size_t bytes) {
                           self->on_written(failure, bytes);
                         });
  } else if (closing && is_open_ && !writing_) {
    start_close(*closing);
  }
}

void WebSocketConnection::on_written(error_code failure, std::size_t bytes) {
  const std::size_t weight = writing_->weight;
  writing_.reset();
  if (is_ended_) return;
  bool is_writable = false;
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= weight;
    if (owes_writable_ && queued_bytes_ <= options().queue_bytes_soft / 2) {
      owes_writable_ = false;
      is_writable = true;
    }
  }
  if (failure) return end_with(failure);
  core_->counters.messages_out.add();
  core_->counters.bytes_out.add(bytes);
  if (is_writable) sink_->on_writable();
  pump();
}

/// A peer that reads nothing, or never answers our close, does not hold the connection for long.
void WebSocketConnection::await_close(const Closing& closing) {
  ticker_.expires_after(options().close_timeout);
  ticker_.async_wait([self = shared_from_this(), closing](error_code cancelled) {
    if (!cancelled) self->end(closing.code, closing.reason);
  });
}

void WebSocketConnection::start_close(const Closing& closing) {
  is_open_ = false;  // nothing is written after a close frame
  const websocket::close_reason reason(static_cast<websocket::close_code>(closing.code),
                                       closing.reason);
  socket_->async_close(reason, [self = shared_from_this(), closing](error_code) {
    self->end(closing.code, closing.reason);
  });
}

// --- in -----------------------------------------------------------------------------------------

void WebSocketConnection::read_next() {
  if (is_ended_ || is_reading_) return;
  is_reading_ = true;
  heard_bytes_ = 0;
  socket_->async_read(buffer_, [self = shared_from_this()](error_code failure, std::size_t) {
    self->is_reading_ = false;
    self->on_read(failure);
  });
}

void WebSocketConnection::on_read(error_code failure) {
  if (is_ended_) return;
  if (failure) return end_with(failure);
  heard_ = true;
  give_to_sink();
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > kReadBufferKept) buffer_.shrink_to_fit();
  if (!is_paused_) read_next();
}

void WebSocketConnection::give_to_sink() {
  PARLEY_HOP();
  core_->counters.messages_in.add();
  core_->counters.bytes_in.add(buffer_.size());
  // What arrives between our close and the peer's answer is nobody's any more.
  if (!is_open_) return;
  const asio::const_buffer data = buffer_.data();
  const Flow flow =
      socket_->got_text()
          ? sink_->on_text({static_cast<const char*>(data.data()), data.size()})
          : sink_->on_binary({static_cast<const std::byte*>(data.data()), data.size()});
  is_paused_ = flow == Flow::wait;
}

void WebSocketConnection::resume() {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  asio::post(loop_->context, [self = shared_from_this()] {
    if (!std::exchange(self->is_paused_, false)) return;
    self->heard_ = true;  // silence while we did not listen proves nothing
    if (self->is_open_) self->is_paused_ = self->sink_->on_resume() == Flow::wait;
    if (!self->is_paused_) self->read_next();
  });
}

// --- keeping alive ------------------------------------------------------------------------------

void WebSocketConnection::tick() {
  ticker_.expires_after(heard_ ? options().ping_interval : options().pong_timeout);
  ticker_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled && !self->is_ended_ && !self->is_closing_) self->on_tick();
  });
}

void WebSocketConnection::on_tick() {
  // A long message cannot be interrupted by a pong: its bytes are a sign of life, too.
  if (is_reading_ && buffer_.size() > heard_bytes_) {
    heard_bytes_ = buffer_.size();
    heard_ = true;
  }
  if (!heard_ && !is_paused_) {
    core_->counters.silent_peers.add();
    return end(close_code::kAbnormal, "no answer to a ping");
  }
  heard_ = is_paused_;
  if (!is_paused_ && !is_pinging_) {
    is_pinging_ = true;
    socket_->async_ping({}, [self = shared_from_this()](error_code) { self->is_pinging_ = false; });
  }
  tick();
}

// --- the end ------------------------------------------------------------------------------------

void WebSocketConnection::end_with(const error_code& failure) {
  if (failure == websocket::error::closed) {
    const websocket::close_reason& reason = socket_->reason();
    return end(reason.code == websocket::close_code::none ? close_code::kNoStatus : reason.code,
               {reason.reason.data(), reason.reason.size()});
  }
  if (failure == websocket::error::message_too_big ||
      failure == websocket::error::buffer_overflow) {
    core_->counters.oversized.add();
    return end(close_code::kTooBig, "the message is too large");
  }
  end(close_code::kAbnormal, failure.message());
}

void WebSocketConnection::end(std::uint16_t code, std::string_view reason) {
  if (std::exchange(is_ended_, true)) return;
  is_open_ = false;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    outbox_.clear();
    queued_bytes_ = 0;
  }
  ticker_.cancel();
  beast::get_lowest_layer(*socket_).close();
  slot_.reset();
  loop_->remove(shared_from_this());
  // Later: the caller may be one of the stream's own operations.
  asio::post(loop_->context, [self = shared_from_this()] { self->socket_.reset(); });
  // The sink may hold the last reference to us besides the caller's.
  const std::unique_ptr<ConnectionSink> sink = std::move(sink_);
  if (was_opened_) sink->on_close(code, reason);
}

std::size_t WebSocketConnection::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}

}  // namespace

void start_websocket(Stream stream, Request request, WebSocketStart start,
                     std::shared_ptr<Loop> loop, ConnectionSlot slot) {
  std::make_shared<WebSocketConnection>(std::move(stream), std::move(request), std::move(start),
                                        std::move(loop), std::move(slot))
      ->start();
}

}  // namespace parley::transport
