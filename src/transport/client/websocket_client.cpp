// SPDX-License-Identifier: Apache-2.0
//
// A talk is two coroutines: one connects and reads, one writes while something waits. Plain and TLS
// streams run through the same code, written once as templates over the stream.
#include "transport/client/websocket_client.h"

#include <deque>
#include <optional>
#include <thread>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "transport/client/dialer.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

using PlainSocket = websocket::stream<PlainStream>;
using TlsSocket = websocket::stream<TlsStream>;

struct Message {
  std::string bytes;
  bool is_text = false;
};

}  // namespace

class WebSocketClient::Loop {
 public:
  explicit Loop(WebSocketClientOptions options)
      : options_(std::move(options)),
        dialer_(context_,
                {.connect_timeout = options_.connect_timeout, .ca_file = options_.ca_file}),
        guard_(asio::make_work_guard(context_)) {
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  class Talk;

  asio::io_context context_{1};
  const WebSocketClientOptions options_;
  Dialer dialer_;

 private:
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  std::thread thread_;
};

class WebSocketClient::Loop::Talk final : public WebSocketTalk,
                                          public std::enable_shared_from_this<Talk> {
 public:
  Talk(Loop& loop, WebSocketRequest request, std::shared_ptr<WebSocketListener> listener)
      : loop_(loop),
        request_(std::move(request)),
        listener_(std::move(listener)),
        timeout_(loop.context_) {}

  void begin() {
    if (is_over_) return;
    asio::co_spawn(
        loop_.context_, [self = shared_from_this()] { return self->run(); },
        [self = shared_from_this()](const std::exception_ptr& exception) {
          if (exception) self->end(Error{ErrorCode::internal, "WebSocket client: out of memory"});
        });
  }

  bool send_text(std::string text) override { return send({std::move(text), true}); }
  bool send_binary(std::string bytes) override { return send({std::move(bytes), false}); }

  void close() override {
    listener_.reset();
    if (is_over_) return;
    is_over_ = true;
    timeout_.cancel();
    cut();
  }

  void leave() override {
    if (is_over_ || !is_open_ || is_writing_) return close();
    listener_.reset();
    is_over_ = true;
    timeout_.cancel();
    asio::co_spawn(
        loop_.context_, [self = shared_from_this()] { return self->say_goodbye(); },
        asio::detached);
  }

  void leave_after_sending() override {
    if (!is_writing_ || is_over_) return leave();
    listener_.reset();
    is_leaving_ = true;
    // A peer that takes nothing any more is not waited for.
    timeout_.expires_after(loop_.options_.handshake_timeout);
    timeout_.async_wait([weak = weak_from_this()](error_code error) {
      const std::shared_ptr<Talk> self = weak.lock();
      if (!error && self) self->close();
    });
  }

  void set_timeout(Millis timeout, std::string why) override {
    if (is_over_) return;
    timeout_.expires_after(timeout);
    timeout_.async_wait([weak = weak_from_this(), why = std::move(why)](error_code error) {
      const std::shared_ptr<Talk> self = weak.lock();
      if (error || !self || self->is_over_) return;
      self->end(Error{ErrorCode::deadline_exceeded, self->origin() + ": " + why});
      self->cut();
    });
  }

 private:
  bool send(Message message) {
    if (is_over_) return true;
    if (unsent_ + message.bytes.size() > loop_.options_.unsent_max) return false;
    unsent_ += message.bytes.size();
    waiting_.push_back(std::move(message));
    write_soon();
    return true;
  }

  void write_soon() {
    if (!is_open_ || is_writing_ || waiting_.empty()) return;
    is_writing_ = true;
    asio::co_spawn(
        loop_.context_, [self = shared_from_this()] { return self->write(); }, asio::detached);
  }

  asio::awaitable<void> run() {
    Result<ClientConnectionPtr> dialed = co_await loop_.dialer_.dial(request_.url);
    if (is_over_) co_return;
    if (!dialed) {
      end(dialed.error());
      co_return;
    }
    if (auto* tls = std::get_if<TlsStream>(&(*dialed)->stream)) {
      co_await talk(tls_.emplace(std::move(*tls)));
    } else {
      co_await talk(plain_.emplace(std::move(std::get<PlainStream>((*dialed)->stream))));
    }
  }

  template <typename Socket>
  asio::awaitable<void> talk(Socket& socket) {
    websocket::stream_base::timeout limits{};
    limits.handshake_timeout = loop_.options_.handshake_timeout;
    limits.idle_timeout = websocket::stream_base::none();
    limits.keep_alive_pings = false;
    socket.set_option(limits);
    socket.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      for (const auto& [name, value] : request_.headers) request.set(name, value);
    }));
    socket.read_message_max(loop_.options_.message_max);
    socket.auto_fragment(false);
    websocket::response_type answer;
    auto [open_error] = co_await socket.async_handshake(answer, request_.url.authority(),
                                                        request_.url.path, kAwait);
    if (is_over_) co_return;
    if (open_error) {
      refused(open_error, answer);
      co_return;
    }
    is_open_ = true;
    if (const std::shared_ptr<WebSocketListener> listener = listener_) listener->on_open();
    write_soon();
    beast::flat_buffer buffer;
    while (!is_over_) {
      auto [error, count] = co_await socket.async_read(buffer, kAwait);
      if (is_over_) co_return;
      if (error) {
        lost(error, socket.reason());
        co_return;
      }
      const asio::const_buffer bytes = buffer.cdata();
      const std::string_view message(static_cast<const char*>(bytes.data()), bytes.size());
      // Held while it is told something: it may close the talk then, which lets go of it.
      if (const std::shared_ptr<WebSocketListener> listener = listener_) {
        socket.got_text() ? listener->on_text(message) : listener->on_binary(message);
      }
      buffer.consume(buffer.size());
    }
  }

  asio::awaitable<void> write() {
    while (!is_over_ && !waiting_.empty()) {
      const Message message = std::move(waiting_.front());
      waiting_.pop_front();
      error_code error;
      if (tls_) {
        error = co_await write_to(*tls_, message);
      } else {
        error = co_await write_to(*plain_, message);
      }
      unsent_ -= message.bytes.size();
      // Whoever reads hears of it with the reason; a peer that closed has said why before.
      if (error) break;
    }
    is_writing_ = false;
    if (is_leaving_) leave();
  }

  template <typename Socket>
  static asio::awaitable<error_code> write_to(Socket& socket, const Message& message) {
    socket.text(message.is_text);
    auto [error, count] = co_await socket.async_write(asio::buffer(message.bytes), kAwait);
    co_return error;
  }

  asio::awaitable<void> say_goodbye() {
    if (tls_) {
      co_await tls_->async_close(websocket::close_code::normal, kAwait);
    } else {
      co_await plain_->async_close(websocket::close_code::normal, kAwait);
    }
    cut();
  }

  void refused(error_code error, const websocket::response_type& answer) {
    const std::shared_ptr<WebSocketListener> listener = listener_;
    if (error == websocket::error::upgrade_declined && listener) {
      listener->on_refused(static_cast<int>(answer.result_int()), answer.body());
      return end({});
    }
    const bool is_http =
        error.category() == http::make_error_code(http::error::bad_version).category();
    const bool is_rfc =
        error.category() == websocket::make_error_code(websocket::error::closed).category();
    const bool is_end =
        error == http::error::end_of_stream || error == http::error::partial_message;
    if ((is_http && !is_end) || is_rfc) {
      return end(Error{ErrorCode::data_corrupt,
                       origin() + ": does not open a WebSocket (" + error.message() + ")"});
    }
    end(connection_lost(request_.url,
                        "the WebSocket could not be opened (" + error.message() + ")"));
  }

  void lost(error_code error, const websocket::close_reason& reason) {
    const std::shared_ptr<WebSocketListener> listener = listener_;
    if (error == websocket::error::closed) {
      if (listener) {
        listener->on_closed(static_cast<std::uint16_t>(reason.code),
                            {reason.reason.data(), reason.reason.size()});
      }
      return end({});
    }
    const bool is_rfc =
        error.category() == websocket::make_error_code(websocket::error::closed).category();
    if (is_rfc) {
      return end(Error{ErrorCode::data_corrupt, origin() + ": " + error.message()});
    }
    end(connection_lost(request_.url, "the connection was lost (" + error.message() + ")"));
  }

  void end(Status status) {
    if (is_over_) return;
    is_over_ = true;
    timeout_.cancel();
    const std::shared_ptr<WebSocketListener> listener = std::move(listener_);
    if (listener) listener->on_end(std::move(status));
  }

  void cut() {
    if (tls_) beast::get_lowest_layer(*tls_).close();
    if (plain_) beast::get_lowest_layer(*plain_).close();
  }

  [[nodiscard]] std::string origin() const { return request_.url.origin(); }

  Loop& loop_;
  const WebSocketRequest request_;
  std::shared_ptr<WebSocketListener> listener_;  // shared with whoever started; gone after the end
  asio::steady_timer timeout_;
  std::optional<PlainSocket> plain_;  // one of the two, once connected
  std::optional<TlsSocket> tls_;
  std::deque<Message> waiting_;  // to be sent; bounded by unsent_max
  std::size_t unsent_ = 0;
  bool is_open_ = false;
  bool is_writing_ = false;
  bool is_leaving_ = false;  // once all is written
  bool is_over_ = false;
};

WebSocketClient::WebSocketClient(WebSocketClientOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))) {}
WebSocketClient::~WebSocketClient() = default;

std::shared_ptr<WebSocketTalk> WebSocketClient::start(WebSocketRequest request,
                                                      std::shared_ptr<WebSocketListener> listener) {
  auto talk = std::make_shared<Loop::Talk>(*loop_, std::move(request), std::move(listener));
  asio::post(loop_->context_, [talk] { talk->begin(); });
  return talk;
}

void WebSocketClient::post(std::function<void()> work) {
  asio::post(loop_->context_, std::move(work));
}

void WebSocketClient::post_after(Millis delay, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(loop_->context_, delay);
  // The timer lives in its own callback.
  timer->async_wait([timer, work = std::move(work)](error_code error) {
    if (!error) work();
  });
}

void WebSocketClient::stop() { loop_->stop(); }

}  // namespace parley::transport
