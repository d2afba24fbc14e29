// SPDX-License-Identifier: Apache-2.0
//
// An exchange is a coroutine; plain and TLS streams run through the same code, written once as
// templates over the stream.
#include "transport/client/http_client.h"

#include <array>
#include <map>
#include <optional>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>

#include "transport/client/dialer.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16U << 10U;
constexpr auto kSweepInterval = std::chrono::seconds(5);

using Connection = ClientConnection;
using ConnectionPtr = ClientConnectionPtr;

/// A kept connection is usable while nothing can be read from it: neither an end nor stray bytes.
bool is_quiet(Connection& connection) {
  tcp::socket& socket = connection.lowest().socket();
  if (!socket.is_open() || connection.buffer.size() > 0) return false;
  error_code error;
  std::array<char, 1> byte{};
  socket.non_blocking(true, error);
  socket.receive(asio::buffer(byte), tcp::socket::message_peek, error);
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

class HttpClient::Loop {
 public:
  explicit Loop(HttpClientOptions options)
      : options_(std::move(options)),
        dialer_(context_, {.connect_timeout = options_.connect_timeout,
                           .ca_file = options_.ca_file,
                           .public_only = options_.public_only}),
        guard_(asio::make_work_guard(context_)),
        sweep_(context_) {
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  class Exchange;
  std::shared_ptr<HttpExchange> start(ClientRequest request,
                                      std::shared_ptr<HttpListener> listener);
  void connect_ahead(const HttpUrl& url);

  asio::awaitable<Result<ConnectionPtr>> connect(HttpUrl url) {
    return dialer_.dial(std::move(url));
  }
  ConnectionPtr take(const std::string& origin);
  void keep(const std::string& origin, ConnectionPtr connection);

  asio::io_context context_{1};
  const HttpClientOptions options_;

 private:
  void sweep_later();

  Dialer dialer_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  asio::steady_timer sweep_;
  bool is_sweeping_ = false;
  std::map<std::string, std::vector<ConnectionPtr>> idle_;  // by origin; the last used at the end
  std::map<std::string, int> ahead_;                        // connections being made ahead
  std::thread thread_;
};

ConnectionPtr HttpClient::Loop::take(const std::string& origin) {
  const auto kept = idle_.find(origin);
  if (kept == idle_.end()) return nullptr;
  while (!kept->second.empty()) {
    ConnectionPtr connection = std::move(kept->second.back());
    kept->second.pop_back();
    if (is_quiet(*connection)) return connection;
  }
  return nullptr;
}

void HttpClient::Loop::keep(const std::string& origin, ConnectionPtr connection) {
  std::vector<ConnectionPtr>& kept = idle_[origin];
  if (kept.size() >= options_.idle_max) return;
  connection->idle_since = std::chrono::steady_clock::now();
  kept.push_back(std::move(connection));
  sweep_later();
}

void HttpClient::Loop::sweep_later() {
  if (is_sweeping_) return;
  is_sweeping_ = true;
  sweep_.expires_after(kSweepInterval);
  sweep_.async_wait([this](error_code error) {
    is_sweeping_ = false;
    if (error) return;
    const auto oldest = std::chrono::steady_clock::now() - options_.idle_timeout;
    for (auto& [origin, kept] : idle_) {
      std::erase_if(kept, [&](const ConnectionPtr& connection) {
        return connection->idle_since < oldest || !is_quiet(*connection);
      });
    }
    std::erase_if(idle_, [](const auto& origin) { return origin.second.empty(); });
    if (!idle_.empty()) sweep_later();
  });
}

void HttpClient::Loop::connect_ahead(const HttpUrl& url) {
  asio::post(context_, [this, url] {
    const std::string origin = url.origin();
    if (ahead_[origin] > 0) return;
    if (ConnectionPtr connection = take(origin)) {
      keep(origin, std::move(connection));
      return;
    }
    ++ahead_[origin];
    asio::co_spawn(
        context_,
        [this, url]() -> asio::awaitable<void> {
          Result<ConnectionPtr> connection = co_await connect(url);
          --ahead_[url.origin()];
          // A failure will show, with its reason, when somebody wants an answer.
          if (connection) keep(url.origin(), std::move(*connection));
        },
        asio::detached);
  });
}

class HttpClient::Loop::Exchange final : public HttpExchange,
                                         public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Loop& loop, ClientRequest request, std::shared_ptr<HttpListener> listener)
      : loop_(loop),
        url_(std::move(request.url)),
        listener_(std::move(listener)),
        timeout_(loop.context_),
        paused_(loop.context_) {
    request_.method_string(request.method);
    request_.target(url_.path);
    request_.version(11);
    request_.set(http::field::host, url_.authority());
    for (const auto& [name, value] : request.headers) request_.set(name, value);
    request_.body() = std::move(request.body);
    request_.prepare_payload();
  }

  void begin() {
    if (is_over_) return;
    asio::co_spawn(
        loop_.context_, [self = shared_from_this()] { return self->run(); },
        [self = shared_from_this()](const std::exception_ptr& exception) {
          if (exception) self->end(Error{ErrorCode::internal, "HTTP client: out of memory"});
        });
  }

  void close() override {
    listener_.reset();
    stop();
  }

  void set_timeout(Millis timeout, std::string why) override {
    if (is_over_) return;
    timeout_.expires_after(timeout);
    timeout_.async_wait([weak = weak_from_this(), why = std::move(why)](error_code error) {
      const std::shared_ptr<Exchange> self = weak.lock();
      if (error || !self || self->is_over_) return;
      self->end(Error{ErrorCode::deadline_exceeded, self->url_.origin() + ": " + why});
      self->stop();
    });
  }

  void resume() override {
    is_paused_ = false;
    paused_.cancel();
  }

 private:
  struct Failure {
    Error error;
    bool is_stale;  // of a kept connection, before anything came back
  };
  using Outcome = std::optional<Failure>;

  asio::awaitable<void> run() {
    ConnectionPtr connection = loop_.take(url_.origin());
    for (;;) {
      const bool was_kept = connection != nullptr;
      if (!was_kept) {
        Result<ConnectionPtr> fresh = co_await loop_.connect(url_);
        if (is_over_) co_return;
        if (!fresh) {
          end(fresh.error());
          co_return;
        }
        connection = std::move(*fresh);
      }
      bool is_reusable = false;
      current_ = connection.get();
      Outcome failure = co_await std::visit(
          [&](auto& stream) { return talk(stream, *connection, is_reusable); }, connection->stream);
      current_ = nullptr;
      if (is_over_) co_return;
      if (failure && failure->is_stale && was_kept) {
        connection.reset();
        continue;
      }
      if (!failure && is_reusable) loop_.keep(url_.origin(), std::move(connection));
      end(failure ? Status(failure->error) : Status());
      co_return;
    }
  }

  template <typename Stream>
  asio::awaitable<Outcome> talk(Stream& stream, Connection& connection, bool& is_reusable) {
    auto [write_error, written] = co_await http::async_write(stream, request_, kAwait);
    if (write_error) co_return failed("the request could not be sent", write_error, true);
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    parser.header_limit(static_cast<std::uint32_t>(loop_.options_.header_bytes_max));
    auto [head_error, head_bytes] =
        co_await http::async_read_header(stream, connection.buffer, parser, kAwait);
    if (head_error) {
      const bool is_untouched = !parser.got_some() && connection.buffer.size() == 0;
      co_return failed("closed the connection without an answer", head_error, is_untouched);
    }
    // Held while it is told something: it may close the exchange then, which lets go of it.
    if (const std::shared_ptr<HttpListener> listener = listener_) {
      const auto& head = parser.get();
      for (const auto& field : head) {
        const boost::beast::string_view name = field.name_string();
        const boost::beast::string_view value = field.value();
        listener->on_field({name.data(), name.size()}, {value.data(), value.size()});
      }
      const boost::beast::string_view type = head[http::field::content_type];
      listener->on_head(head.result_int(), {type.data(), type.size()});
    }
    std::array<char, kReadBytes> bytes;
    while (!is_over_ && !parser.is_done()) {
      parser.get().body().data = bytes.data();
      parser.get().body().size = bytes.size();
      parser.get().body().more = true;
      auto [error, count] =
          co_await http::async_read_some(stream, connection.buffer, parser, kAwait);
      const std::size_t size = bytes.size() - parser.get().body().size;
      if (size > 0 && !tell({bytes.data(), size})) co_await wait_for_resume();
      if (error && error != http::error::need_buffer) {
        co_return failed("closed the connection in the middle of the answer", error, false);
      }
    }
    is_reusable = parser.is_done() && parser.get().keep_alive();
    co_return std::nullopt;
  }

  bool tell(std::string_view body) {
    const std::shared_ptr<HttpListener> listener = listener_;  // as above
    return !listener || listener->on_body(body);
  }

  asio::awaitable<void> wait_for_resume() {
    is_paused_ = true;
    while (is_paused_ && !is_over_) {
      paused_.expires_at(asio::steady_timer::time_point::max());
      co_await paused_.async_wait(kAwait);
    }
  }

  Failure failed(const std::string& what, error_code error, bool is_stale) {
    const bool is_end = error == http::error::end_of_stream || error == asio::error::eof ||
                        error == http::error::partial_message ||
                        error == asio::error::connection_reset ||
                        error == asio::error::broken_pipe || error == ssl::error::stream_truncated;
    if (is_end) return {connection_lost(url_, what), is_stale};
    if (error.category() == http::make_error_code(http::error::bad_version).category()) {
      return {{ErrorCode::data_corrupt,
               url_.origin() + ": not an HTTP answer (" + error.message() + ")"},
              false};
    }
    return {connection_lost(url_, what + " (" + error.message() + ")"), is_stale};
  }

  void end(Status status) {
    if (is_over_) return;
    is_over_ = true;
    timeout_.cancel();
    const std::shared_ptr<HttpListener> listener = std::move(listener_);
    if (listener) listener->on_end(std::move(status));
  }

  void stop() {
    is_over_ = true;
    timeout_.cancel();
    paused_.cancel();
    if (current_ != nullptr) current_->lowest().close();
  }

  Loop& loop_;
  const HttpUrl url_;
  http::request<http::string_body> request_;
  std::shared_ptr<HttpListener> listener_;  // shared with whoever started; gone after the end
  asio::steady_timer timeout_;
  asio::steady_timer paused_;
  Connection* current_ = nullptr;  // while it is in use; the coroutine owns it
  bool is_paused_ = false;
  bool is_over_ = false;
};

std::shared_ptr<HttpExchange> HttpClient::Loop::start(ClientRequest request,
                                                      std::shared_ptr<HttpListener> listener) {
  auto exchange = std::make_shared<Exchange>(*this, std::move(request), std::move(listener));
  asio::post(context_, [exchange] { exchange->begin(); });
  return exchange;
}

HttpClient::HttpClient(HttpClientOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))) {}
HttpClient::~HttpClient() = default;

std::shared_ptr<HttpExchange> HttpClient::start(ClientRequest request,
                                                std::shared_ptr<HttpListener> listener) {
  return loop_->start(std::move(request), std::move(listener));
}

void HttpClient::connect_ahead(const HttpUrl& url) { loop_->connect_ahead(url); }

void HttpClient::post(std::function<void()> work) { asio::post(loop_->context_, std::move(work)); }

void HttpClient::post_after(Millis delay, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(loop_->context_, delay);
  // The timer lives in its own callback.
  timer->async_wait([timer, work = std::move(work)](error_code error) {
    if (!error) work();
  });
}

void HttpClient::stop() { loop_->stop(); }

}  // namespace parley::transport
