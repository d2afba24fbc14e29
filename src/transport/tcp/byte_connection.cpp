// SPDX-License-Identifier: Apache-2.0
//
// One stream of bytes. Reads, writes and the timer run on the connection's loop; other threads only
// append to the outbox. Limits and their policies are those of a WebSocket.
#include "transport/tcp/byte_connection.h"

#include <array>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "base/check.h"
#include "transport/connection.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 16U << 10U;

std::string remote_of(const tcp::socket& socket) {
  error_code failure;
  const auto endpoint = socket.remote_endpoint(failure);
  if (failure) return "unknown";
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(endpoint.port());
}

class ByteConnection final : public Peer,
                             public Connection,
                             public std::enable_shared_from_this<ByteConnection> {
 public:
  ByteConnection(tcp::socket socket, std::shared_ptr<Loop> loop, ConnectionSlot slot)
      : loop_(std::move(loop)),
        socket_(std::move(socket)),
        timer_(loop_->context),
        remote_(remote_of(socket_)),
        core_(slot.core()),
        slot_(std::move(slot)) {}

  void start();

  SendResult send_text(Message message) override { return send(std::move(message)); }
  SendResult send_text(std::unique_ptr<MessageSource> source) override {
    return send(std::make_shared<const std::string>(source->text()));
  }
  SendResult send_binary(Message message) override { return send(std::move(message)); }
  /// What was sent before still goes out; the code is for logs, and for the sink.
  void close(std::uint16_t code, std::string_view reason) override;
  void resume() override;
  [[nodiscard]] std::size_t queued_bytes() const override {
    const std::lock_guard lock(mutex_);
    return queued_bytes_;
  }
  [[nodiscard]] const std::string& remote() const override { return remote_; }

  void shut_down() override { close(close_code::kGoingAway, "the server is shutting down"); }
  void cut() override { end(close_code::kAbnormal, "cut"); }

 private:
  struct Closing {
    std::uint16_t code;
    std::string reason;
  };

  SendResult send(Message message);
  void post_pump();
  void pump();
  void on_written(error_code failure, std::size_t bytes);
  void read_next();
  void on_read(error_code failure, std::size_t bytes);
  void watch(Millis limit);
  void end(std::uint16_t code, std::string_view reason);
  [[nodiscard]] const ListenerOptions& options() const { return core_->options; }

  // Loop.
  std::shared_ptr<Loop> loop_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::unique_ptr<ConnectionSink> sink_;
  const std::string remote_;
  const std::shared_ptr<ListenerCore> core_;
  std::optional<ConnectionSlot> slot_;
  std::array<std::byte, kReadBytes> buffer_{};
  Message writing_;
  bool is_reading_ = false;
  bool is_paused_ = false;
  bool is_closing_ = false;  // under close_timeout
  bool is_ended_ = false;

  // Any thread.
  mutable std::mutex mutex_;
  std::deque<Message> outbox_;      // GUARDED_BY(mutex_)
  std::size_t queued_bytes_ = 0;    // GUARDED_BY(mutex_): with the one that is being written
  std::optional<Closing> closing_;  // GUARDED_BY(mutex_): nothing is accepted any more
  bool is_pump_posted_ = false;     // GUARDED_BY(mutex_)
  bool owes_writable_ = false;      // GUARDED_BY(mutex_): somebody was told `backpressure`
  bool is_closed_ = false;          // GUARDED_BY(mutex_)
};

void ByteConnection::start() {
  loop_->peers.insert(shared_from_this());
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  sink_ = core_->handler.on_bytes(remote_);
  if (sink_ == nullptr) return end(close_code::kPolicy, "refused");
  sink_->on_open(shared_from_this());
  read_next();
  watch(options().idle_timeout);
  pump();
}

// --- out ----------------------------------------------------------------------------------------

SendResult ByteConnection::send(Message message) {
  PARLEY_CHECK(message != nullptr);
  const std::lock_guard lock(mutex_);
  if (is_closed_ || closing_) return SendResult::closed;
  if (queued_bytes_ > options().queue_bytes_hard) {
    core_->counters.slow_peers.add();
    for (const Message& dropped : outbox_) queued_bytes_ -= dropped->size();
    outbox_.clear();
    closing_ = Closing{close_code::kTryAgainLater, "the client reads too slowly"};
    post_pump();
    return SendResult::closed;
  }
  queued_bytes_ += message->size();
  outbox_.push_back(std::move(message));
  post_pump();
  if (queued_bytes_ <= options().queue_bytes_soft) return SendResult::sent;
  owes_writable_ = true;
  return SendResult::backpressure;
}

void ByteConnection::close(std::uint16_t code, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || closing_) return;
  closing_ = Closing{code, std::string(reason)};
  post_pump();
}

/// The mutex is held. Wakes the loop once for any number of sends.
void ByteConnection::post_pump() {
  if (std::exchange(is_pump_posted_, true)) return;
  asio::post(loop_->context, [self = shared_from_this()] {
    {
      const std::lock_guard lock(self->mutex_);
      self->is_pump_posted_ = false;
    }
    self->pump();
  });
}

void ByteConnection::pump() {
  if (is_ended_ || writing_ != nullptr) return;
  std::optional<Closing> closing;
  {
    const std::lock_guard lock(mutex_);
    closing = closing_;
    if (!outbox_.empty()) {
      writing_ = std::move(outbox_.front());
      outbox_.pop_front();
    }
  }
  // A peer that reads nothing does not hold the connection for long.
  if (closing && !std::exchange(is_closing_, true)) watch(options().close_timeout);
  if (writing_ != nullptr) {
    asio::async_write(socket_, asio::buffer(*writing_),
                      [self = shared_from_this()](error_code failure, std::size_t bytes) {
                        self->on_written(failure, bytes);
                      });
  } else if (closing) {
    end(closing->code, closing->reason);
  }
}

void ByteConnection::on_written(error_code failure, std::size_t bytes) {
  const std::size_t size = writing_->size();
  writing_.reset();
  if (is_ended_) return;
  bool is_writable = false;
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= size;
    if (owes_writable_ && queued_bytes_ <= options().queue_bytes_soft / 2) {
      owes_writable_ = false;
      is_writable = true;
    }
  }
  if (failure) return end(close_code::kAbnormal, failure.message());
  core_->counters.messages_out.add();
  core_->counters.bytes_out.add(bytes);
  if (!is_closing_) watch(options().idle_timeout);
  if (is_writable) sink_->on_writable();
  pump();
}

// --- in -----------------------------------------------------------------------------------------

void ByteConnection::read_next() {
  if (is_ended_ || is_reading_) return;
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](error_code failure, std::size_t bytes) {
                            self->is_reading_ = false;
                            self->on_read(failure, bytes);
                          });
}

void ByteConnection::on_read(error_code failure, std::size_t bytes) {
  if (is_ended_) return;
  if (failure == asio::error::eof) return end(close_code::kNormal, "the peer has left");
  if (failure) return end(close_code::kAbnormal, failure.message());
  core_->counters.bytes_in.add(bytes);
  if (is_closing_) return read_next();  // nobody's any more
  watch(options().idle_timeout);
  is_paused_ = sink_->on_binary(std::span(buffer_).first(bytes)) == Flow::wait;
  if (!is_paused_) read_next();
}

void ByteConnection::resume() {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  asio::post(loop_->context, [self = shared_from_this()] {
    if (self->is_ended_ || !std::exchange(self->is_paused_, false)) return;
    if (!self->is_closing_) self->is_paused_ = self->sink_->on_resume() == Flow::wait;
    if (!self->is_paused_) self->read_next();
  });
}

// --- the end ------------------------------------------------------------------------------------

/// Ends the connection unless something happens within `limit`.
void ByteConnection::watch(Millis limit) {
  timer_.expires_after(limit);
  timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (cancelled || self->is_ended_) return;
    self->core_->counters.silent_peers.add();
    self->end(close_code::kAbnormal, "nothing has happened for too long");
  });
}

void ByteConnection::end(std::uint16_t code, std::string_view reason) {
  if (std::exchange(is_ended_, true)) return;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    outbox_.clear();
    queued_bytes_ = 0;
  }
  timer_.cancel();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  slot_.reset();
  loop_->remove(shared_from_this());
  // The sink may hold the last reference to us besides the caller's.
  const std::unique_ptr<ConnectionSink> sink = std::move(sink_);
  if (sink != nullptr) sink->on_close(code, reason);
}

}  // namespace

void start_bytes(tcp::socket socket, std::shared_ptr<Loop> loop, ConnectionSlot slot) {
  std::make_shared<ByteConnection>(std::move(socket), std::move(loop), std::move(slot))->start();
}

}  // namespace parley::transport
