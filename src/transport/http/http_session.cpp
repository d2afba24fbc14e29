// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/1.1 connection: read a request, have it answered, again; or hand the socket over to
// WebSocket. Everything runs on the connection's loop. One of the two files that compile Beast.
#include "transport/http/http_session.h"

#include <ctime>
#include <optional>

#include <boost/asio/dispatch.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/log.h"
#include "transport/stream.h"
#include "transport/websocket/websocket_connection.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

/// After an answer that ends a connection, what the peer still sends is read and thrown away for
/// this long: closing at once would reset the connection and lose the answer on its way.
constexpr Millis kLinger{2000};

class HttpSession final : public Peer,
                          public HttpReply::Target,
                          public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(asio::ip::tcp::socket socket, std::shared_ptr<Loop> loop, ConnectionSlot slot)
      : loop_(std::move(loop)),
        core_(slot.core()),
        stream_(std::move(socket), core_->tls.get()),
        slot_(std::move(slot)) {}

  void start();
  void shut_down() override;
  void cut() override;
  void deliver(HttpResponse response) override;

 private:
  using Parser = http::request_parser<http::string_body>;

  void read_header(Millis timeout);
  void on_header(error_code failure);
  void read_body();
  void on_request(error_code failure);
  void upgrade();
  void refuse(error_code failure);
  void answer(HttpResponse response, bool keep_alive);
  void on_written(error_code failure);
  void linger();
  void drain();
  void finish();
  [[nodiscard]] const ListenerOptions& options() const { return core_->options; }

  std::shared_ptr<Loop> loop_;
  std::shared_ptr<ListenerCore> core_;
  Stream stream_;
  std::optional<ConnectionSlot> slot_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  HttpRequest request_;
  std::optional<http::response<http::string_body>> response_;
  bool is_awaiting_reply_ = false;
};

std::string remote_name(const asio::ip::tcp::socket& socket) {
  error_code failure;
  const auto endpoint = socket.remote_endpoint(failure);
  if (failure) return "unknown";
  const std::string address = endpoint.address().to_string();
  const bool is_v6 = endpoint.address().is_v6();
  return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

void HttpSession::start() {
  loop_->peers.insert(shared_from_this());
  error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  request_.remote = remote_name(stream_.socket());
  if (stream_.tls() == nullptr) return read_header(options().header_timeout);
  stream_.expires_after(options().header_timeout);
  stream_.tls()->handshake(IoDone([self = shared_from_this()](error_code failure, std::size_t) {
    if (!failure) return self->read_header(self->options().header_timeout);
    self->core_->counters.requests_refused.add();
    self->finish();
  }));
}

void HttpSession::read_header(Millis timeout) {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options().header_bytes_max));
  parser_->body_limit(options().body_bytes_max);
  stream_.expires_after(timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code failure, std::size_t) { self->on_header(failure); });
}

void HttpSession::on_header(error_code failure) {
  if (failure) return refuse(failure);
  const auto& head = parser_->get();
  std::optional<HttpTarget> target = parse_target({head.target().data(), head.target().size()});
  if (!target) return refuse(http::error::bad_target);
  request_.method = std::string(head.method_string());
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);
  request_.headers.clear();
  for (const auto& field : head) {
    request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  if (auto early = core_->handler.on_head(request_)) {
    return answer(std::move(*early), head.keep_alive() && parser_->is_done());
  }
  if (beast::websocket::is_upgrade(head)) return upgrade();
  if (!beast::iequals(head[http::field::expect], "100-continue")) return read_body();
  auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
  http::async_write(stream_, *go_on,
                    [self = shared_from_this(), go_on](error_code broken, std::size_t) {
                      broken ? self->finish() : self->read_body();
                    });
}

void HttpSession::read_body() {
  stream_.expires_after(options().body_timeout);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code failure, std::size_t) { self->on_request(failure); });
}

void HttpSession::on_request(error_code failure) {
  if (failure) return refuse(failure);
  request_.body = std::move(parser_->get().body());
  stream_.expires_never();
  is_awaiting_reply_ = true;
  core_->handler.on_http(request_, HttpReply(weak_from_this()));
}

void HttpSession::upgrade() {
  UpgradeDecision decision = core_->handler.on_upgrade(request_);
  if (auto* refused = std::get_if<HttpResponse>(&decision)) {
    return answer(std::move(*refused), false);
  }
  auto& accepted = std::get<UpgradeAccepted>(decision);
  stream_.expires_never();
  start_websocket(std::move(stream_), parser_->release(),
                  {.sink = std::move(accepted.sink),
                   .subprotocol = std::move(accepted.subprotocol),
                   .remote = std::move(request_.remote)},
                  loop_, std::move(*slot_));
  slot_.reset();
  loop_->remove(shared_from_this());
}

void HttpSession::refuse(error_code failure) {
  const auto say = [this](int status, const char* text) {
    core_->counters.requests_refused.add();
    answer({.status = status, .body = text}, false);
  };
  if (failure == http::error::header_limit) return say(431, "The request header is too large\n");
  if (failure == http::error::body_limit) return say(413, "The request body is too large\n");
  const bool is_parse_error = failure.category() == error_code(http::error::bad_target).category();
  if (is_parse_error && failure != http::error::end_of_stream &&
      failure != http::error::partial_message) {
    return say(400, "This is not a valid HTTP request\n");
  }
  // A peer that went away needs no answer; one that was too slow has had its time.
  if (failure == beast::error::timeout) core_->counters.requests_refused.add();
  finish();
}

void HttpSession::deliver(HttpResponse response) {
  asio::dispatch(stream_.get_executor(),
                 [self = shared_from_this(), moved = std::move(response)]() mutable {
                   if (!std::exchange(self->is_awaiting_reply_, false)) return;
                   self->answer(std::move(moved), self->parser_->get().keep_alive());
                 });
}

void HttpSession::answer(HttpResponse response, bool keep_alive) {
  if (!loop_->peers.contains(shared_from_this())) return;  // cut while the answer was made
  auto& out = response_.emplace();
  out.result(static_cast<unsigned>(response.status));
  out.version(11);
  out.set(http::field::server, "parley");
  out.set(http::field::date, http_date());
  if (!response.content_type.empty()) out.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) out.insert(name, value);
  out.keep_alive(keep_alive && !loop_->is_stopping);
  // The answer to HEAD says how long the body would be, and has none (RFC 9110 §9.3.2).
  // One that says "not modified" has neither (§15.4.5).
  if (response.status != 304) out.content_length(response.body.size());
  if (request_.method != "HEAD") out.body() = std::move(response.body);
  stream_.expires_after(options().write_timeout);
  http::async_write(stream_, out, [self = shared_from_this()](error_code failure, std::size_t) {
    self->on_written(failure);
  });
}

void HttpSession::on_written(error_code failure) {
  if (failure) return finish();
  const bool keep_alive = response_->keep_alive() && !loop_->is_stopping;
  response_.reset();
  if (!keep_alive) return linger();
  read_header(options().keep_alive_timeout);
}

void HttpSession::linger() {
  stream_.expires_after(kLinger);
  if (stream_.tls() == nullptr) return drain();
  stream_.tls()->shut_down(
      IoDone([self = shared_from_this()](error_code, std::size_t) { self->drain(); }));
}

void HttpSession::drain() {
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  // One deadline for all of it: a timeout is set once and each read runs under what is left.
  struct Drain {
    std::shared_ptr<HttpSession> self;
    void operator()(error_code failure, std::size_t bytes) const {
      if (failure) return self->finish();
      self->buffer_.consume(bytes);
      self->stream_.next_layer().async_read_some(self->buffer_.prepare(4096), *this);
    }
  };
  buffer_.clear();
  stream_.next_layer().async_read_some(buffer_.prepare(4096), Drain{shared_from_this()});
}

void HttpSession::finish() {
  loop_->remove(shared_from_this());
  slot_.reset();
  stream_.close();
}

void HttpSession::shut_down() {
  // A request that is being answered is finished; an idle connection ends.
  if (!is_awaiting_reply_ && !response_) cut();
}

void HttpSession::cut() {
  // Pending operations complete with an error and release the rest.
  loop_->remove(shared_from_this());
  stream_.close();
}

}  // namespace

void start_http(asio::ip::tcp::socket socket, std::shared_ptr<Loop> loop, ConnectionSlot slot) {
  std::make_shared<HttpSession>(std::move(socket), std::move(loop), std::move(slot))->start();
}

}  // namespace parley::transport
