// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/1.1 connection: read a request, have it answered, again; or hand the socket over to
// WebSocket. Everything runs on the connection's loop.
//
// While a body is streamed the connection is read from all the same (`watch`), so that a reader who
// goes away is noticed though nothing is written; what such a read brings is the next request's.
#include "transport/http/http_session.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/dispatch.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "base/trace.h"
#include "transport/http/http_body_writer.h"
#include "transport/http/http_head.h"
#include "transport/request_id.h"
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
/// One read of `watch`.
constexpr std::size_t kWatchBytes = 4096;

class HttpSession final : public Peer,
                          public HttpReply::Target,
                          public HttpBodyCarrier,
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
  std::shared_ptr<HttpBody> begin(HttpResponse head, std::unique_ptr<HttpBodySink> sink) override;
  Stream& stream() override { return stream_; }
  void on_body_end(End end) override;
  void on_body_refused(HttpResponse instead) override;

 private:
  using Parser = http::request_parser<http::string_body>;

  void read_header(Millis timeout);
  void on_header(error_code failure);
  void prepare_body();
  void read_body();
  void on_request(error_code failure);
  void upgrade();
  void refuse(error_code failure);
  void answer(HttpResponse response, bool keep_alive);
  void on_written(error_code failure);
  void start_body(const HttpResponse& head, std::shared_ptr<HttpBodyWriter> body);
  void end_body();
  void watch();
  void on_watched(error_code failure, std::size_t bytes);
  void go_on();
  void linger();
  void drain();
  void finish();
  void tell_done(bool is_whole);
  [[nodiscard]] const ListenerOptions& options() const { return core_->options; }

  std::shared_ptr<Loop> loop_;
  std::shared_ptr<ListenerCore> core_;
  Stream stream_;
  std::optional<ConnectionSlot> slot_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  HttpRequest request_;
  std::optional<WireResponse> response_;
  std::shared_ptr<HttpBodyWriter> body_;  // from begin to its end; its users hold it, too
  bool is_awaiting_reply_ = false;
  bool is_told_ = true;         // how the request ended; or none was read yet
  int status_ = 0;              // of its answer
  Instant began_;               // of the request
  Millis body_timeout_{};       // likewise
  std::shared_ptr<void> room_;  // for its body; until it ends
  bool is_kept_alive_ = false;  // after the answer that is being written
  bool is_watching_ = false;
  bool is_going_on_ = false;  // as soon as nobody watches any more
};

std::string remote_name(const asio::ip::tcp::socket& socket) {
  error_code failure;
  const auto endpoint = socket.remote_endpoint(failure);
  if (failure) return "unknown";
  const std::string address = endpoint.address().to_string();
  const bool is_v6 = endpoint.address().is_v6();
  return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
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
  parser_->body_limit(boost::none);  // until the head says what it is: `prepare_body`
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
  request_.id = request_id(request_.header("x-request-id"));
  is_told_ = false;
  status_ = 0;
  began_ = SteadyClock().now();
  if (auto early = core_->handler.on_head(request_)) {
    return answer(std::move(*early), head.keep_alive() && parser_->is_done());
  }
  if (beast::websocket::is_upgrade(head)) return upgrade();
  prepare_body();
}

void HttpSession::prepare_body() {
  BodyDecision decision = core_->handler.admit_body(request_);
  const auto& head = parser_->get();
  if (auto* refused = std::get_if<HttpResponse>(&decision)) {
    return answer(std::move(*refused), head.keep_alive() && parser_->is_done());
  }
  std::uint64_t bytes_max = options().body_bytes_max;
  if (auto* room = std::get_if<BodyRoom>(&decision)) {
    bytes_max = room->bytes_max;
    room_ = std::move(room->place);
  }
  parser_->body_limit(bytes_max);
  const auto length = parser_->content_length();
  if (length && *length > bytes_max) return refuse(http::error::body_limit);
  const std::uint64_t large = length ? *length : bytes_max;
  body_timeout_ = options().body_timeout;
  if (large > options().body_bytes_max) {
    body_timeout_ += std::chrono::seconds(large / options().body_bytes_per_second_min);
  }
  if (!beast::iequals(head[http::field::expect], "100-continue")) return read_body();
  auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
  http::async_write(stream_, *go_on,
                    [self = shared_from_this(), go_on](error_code broken, std::size_t) {
                      broken ? self->finish() : self->read_body();
                    });
}

void HttpSession::read_body() {
  stream_.expires_after(body_timeout_);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code failure, std::size_t) { self->on_request(failure); });
}

void HttpSession::on_request(error_code failure) {
  if (failure) return refuse(failure);
  PARLEY_HOP();
  stream_.expires_never();
  is_awaiting_reply_ = true;
  HttpRequest request = request_;  // its head is told again at its end
  request.body = std::move(parser_->get().body());
  core_->handler.on_http(std::move(request), HttpReply(weak_from_this()));
}

void HttpSession::upgrade() {
  UpgradeDecision decision = core_->handler.on_upgrade(request_);
  if (auto* refused = std::get_if<HttpResponse>(&decision)) {
    return answer(std::move(*refused), false);
  }
  auto& accepted = std::get<UpgradeAccepted>(decision);
  status_ = 101;
  tell_done(true);
  stream_.expires_never();
  start_websocket(std::move(stream_), parser_->release(),
                  {.sink = std::move(accepted.sink),
                   .subprotocol = std::move(accepted.subprotocol),
                   .remote = std::move(request_.remote),
                   .request_id = std::move(request_.id)},
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
  is_kept_alive_ = keep_alive && !loop_->is_stopping;
  auto& out = response_.emplace(wire_head(response, is_kept_alive_));
  status_ = response.status;
  if (!is_told_) out.set("x-request-id", request_.id);
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
  response_.reset();
  tell_done(!failure);
  failure ? finish() : go_on();
}

// --- streamed bodies ----------------------------------------------------------------------------

std::shared_ptr<HttpBody> HttpSession::begin(HttpResponse head,
                                             std::unique_ptr<HttpBodySink> sink) {
  auto body = std::make_shared<HttpBodyWriter>(core_, loop_, std::move(sink));
  // Later: no sink is called before its body is in its user's hands.
  asio::post(stream_.get_executor(),
             [self = shared_from_this(), body, moved = std::move(head)]() mutable {
               const bool is_awaited = std::exchange(self->is_awaiting_reply_, false);
               if (!is_awaited || !self->loop_->peers.contains(self)) return body->close();
               self->start_body(moved, std::move(body));
             });
  return held_body(body);
}

void HttpSession::start_body(const HttpResponse& head, std::shared_ptr<HttpBodyWriter> body) {
  using Framing = HttpBodyWriter::Framing;
  const bool is_chunked = parser_->get().version() >= 11;
  is_kept_alive_ = is_chunked && parser_->get().keep_alive() && !loop_->is_stopping;
  WireResponse out = wire_head(head, is_kept_alive_);
  status_ = head.status;
  out.set("x-request-id", request_.id);
  out.chunked(is_chunked);
  const Framing framing = request_.method == "HEAD" ? Framing::head_only
                          : is_chunked              ? Framing::chunked
                                                    : Framing::until_close;
  body_ = std::move(body);
  watch();
  body_->carry(shared_from_this(), head_text(out), framing);
}

void HttpSession::end_body() {
  if (body_ != nullptr) std::exchange(body_, nullptr)->close();
}

void HttpSession::on_body_end(End end) {
  const bool is_whole = end == End::whole;
  if (end == End::aborted && parser_->get().version() < 11) {
    // Only a reset tells the reader that a body which ends with its connection is not whole.
    error_code ignored;
    stream_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
  }
  end_body();
  tell_done(is_whole);
  is_whole ? go_on() : finish();
}

void HttpSession::on_body_refused(HttpResponse instead) {
  const bool is_kept_alive = is_kept_alive_;
  end_body();
  answer(std::move(instead), is_kept_alive);
}

void HttpSession::watch() {
  if (is_watching_ || buffer_.size() >= options().header_bytes_max) return;
  is_watching_ = true;
  stream_.expires_never();
  stream_.async_read_some(buffer_.prepare(kWatchBytes),
                          [self = shared_from_this()](error_code failure, std::size_t bytes) {
                            self->on_watched(failure, bytes);
                          });
}

void HttpSession::on_watched(error_code failure, std::size_t bytes) {
  is_watching_ = false;
  buffer_.commit(bytes);
  if (std::exchange(is_going_on_, false)) {
    return failure && failure != asio::error::operation_aborted ? finish() : go_on();
  }
  // Aborted: the socket was closed, and whoever did it knows what follows.
  if (body_ == nullptr || failure == asio::error::operation_aborted) return;
  if (!failure) return watch();
  core_->counters.bodies_abandoned.add();
  finish();
}

// --- after an answer ----------------------------------------------------------------------------

void HttpSession::go_on() {
  is_going_on_ = is_watching_;
  if (is_watching_) return stream_.next_layer().cancel();
  if (!is_kept_alive_ || loop_->is_stopping) return linger();
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

void HttpSession::tell_done(bool is_whole) {
  if (std::exchange(is_told_, true)) return;
  room_.reset();
  core_->handler.on_done(request_, {.status = status_,
                                    .is_whole = is_whole && status_ != 0,
                                    .took = SteadyClock().now() - began_});
}

void HttpSession::finish() {
  tell_done(false);
  loop_->remove(shared_from_this());
  slot_.reset();
  stream_.close();
  end_body();
}

void HttpSession::shut_down() {
  // A request that is being answered is finished; an idle connection ends.
  if (!is_awaiting_reply_ && !response_ && body_ == nullptr) cut();
}

void HttpSession::cut() {
  // Pending operations complete with an error and release the rest.
  const auto self = shared_from_this();
  tell_done(false);
  loop_->remove(self);
  stream_.close();
  end_body();
}

}  // namespace

void start_http(asio::ip::tcp::socket socket, std::shared_ptr<Loop> loop, ConnectionSlot slot) {
  std::make_shared<HttpSession>(std::move(socket), std::move(loop), std::move(slot))->start();
}

}  // namespace parley::transport
