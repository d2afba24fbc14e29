// SPDX-License-Identifier: Apache-2.0
//
// The server socket: HTTP and WebSocket on one port, on I/O threads of its own.
//
//   class Handler : public ListenerHandler { … };
//   Result<std::unique_ptr<Listener>> listener = Listener::start({.port = 0}, handler, metrics);
//   use((*listener)->port());
//
// Limits are named in ListenerOptions; each that was reached has a counter in the metrics.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "transport/connection.h"
#include "transport/http/http_body.h"
#include "transport/http/http_message.h"

namespace parley::transport {

struct ListenerOptions {
  std::string host = "127.0.0.1";  // an address or a name; the first address of a name is taken
  std::uint16_t port = 0;          // 0: a free one
  /// PEM files: a certificate with its chain, and its key. Both: every connection is TLS (https,
  /// wss); neither: none is.
  std::string tls_certificate;
  std::string tls_key;
  int threads = 1;                     // I/O loops; connections are dealt out in turn
  std::size_t connections_max = 4096;  // further ones are answered 503
  /// Likewise, from one address (IPv6: from one network of 64 bits). 0: any number.
  std::size_t connections_per_address_max = 0;

  /// No HTTP: each connection is a stream of bytes from its beginning (ListenerHandler::on_bytes),
  /// and never TLS.
  bool is_plain_bytes = false;
  Millis idle_timeout{600'000};  // of such a one that neither sends nor takes anything

  std::size_t header_bytes_max = 16U << 10U;  // 431
  std::size_t body_bytes_max = 1U << 20U;     // 413
  Millis header_timeout{10'000};  // from the first byte awaited to the end of the header
  Millis keep_alive_timeout{30'000};
  Millis body_timeout{60'000};                         // a larger one than usual may take longer:
  std::size_t body_bytes_per_second_min = 64U << 10U;  // so much of it comes in a second
  Millis write_timeout{30'000};  // an answer, or any progress of a streamed one

  std::size_t message_bytes_max = 32U << 20U;  // a larger message closes with 1009
  std::size_t queue_bytes_soft = 1U << 20U;
  std::size_t queue_bytes_hard = 16U << 20U;
  Millis handshake_timeout{10'000};
  Millis close_timeout{5'000};  // from close() to the end: what is queued, and the peer's answer
  Millis ping_interval{20'000};
  Millis pong_timeout{20'000};  // after a ping, until something arrives
};

/// The answer to one request; move it to whoever makes the answer. Dropped unsent, it answers 500.
/// Threads: any. Outlives the connection.
class HttpReply {
 public:
  class Target {
   public:
    virtual ~Target() = default;
    virtual void deliver(HttpResponse response) = 0;
    virtual std::shared_ptr<HttpBody> begin(HttpResponse head,
                                            std::unique_ptr<HttpBodySink> sink) = 0;
  };

  explicit HttpReply(std::weak_ptr<Target> target) : target_(std::move(target)) {}
  HttpReply(HttpReply&& other) noexcept : target_(std::exchange(other.target_, {})) {}
  HttpReply& operator=(HttpReply&&) = delete;
  ~HttpReply();
  void send(HttpResponse response);
  /// The body follows bit by bit; that of `head` is not used. Never null: when the connection has
  /// gone, the body is closed, and `sink` (which may be null) is destroyed without a call.
  [[nodiscard]] std::shared_ptr<HttpBody> stream(HttpResponse head,
                                                 std::unique_ptr<HttpBodySink> sink);

 private:
  std::weak_ptr<Target> target_;
};

struct UpgradeAccepted {
  std::unique_ptr<ConnectionSink> sink;
  std::string subprotocol;  // empty: none is answered
};
using UpgradeDecision = std::variant<UpgradeAccepted, HttpResponse>;

/// Leave for a body that may be larger than ListenerOptions::body_bytes_max.
struct BodyRoom {
  std::size_t bytes_max = 0;    // 413
  std::shared_ptr<void> place;  // held until the request has ended; null: none is counted
};
/// Nothing: the usual limits.
using BodyDecision = std::variant<std::monostate, BodyRoom, HttpResponse>;

/// How a request ended.
struct HttpOutcome {
  int status = 0;
  bool is_whole = false;  // all of the answer was handed to the system
  Nanos took{};           // from the end of the request's head
};

/// Threads: any I/O loop, several at a time when there are several.
class ListenerHandler {
 public:
  virtual ~ListenerHandler() = default;
  /// Before a body is read and before an upgrade: an answer here ends the request.
  virtual std::optional<HttpResponse> on_head(const HttpRequest& /*request*/) { return {}; }
  /// After it, and before a body is asked for: an answer ends the request here, too.
  virtual BodyDecision admit_body(const HttpRequest& /*request*/) { return {}; }
  virtual void on_http(HttpRequest request, HttpReply reply) = 0;
  virtual UpgradeDecision on_upgrade(const HttpRequest& request) = 0;
  /// Under ListenerOptions::is_plain_bytes. What comes is given to `on_binary` in pieces of any
  /// size; what is sent, of whatever kind, are its bytes. Null: the connection is closed.
  virtual std::unique_ptr<ConnectionSink> on_bytes(const std::string& /*remote*/) {
    return nullptr;
  }
  /// Once for each request whose head was read; an upgrade that was accepted ends with 101.
  virtual void on_done(const HttpRequest& /*request*/, const HttpOutcome& /*outcome*/) {}
};

class Listener {
 public:
  /// Errors: already_exists (the port is taken), permission_denied, invalid_argument (the address,
  /// the certificate or its key), internal. `handler` and `metrics` must outlive the listener.
  static Result<std::unique_ptr<Listener>> start(const ListenerOptions& options,
                                                 ListenerHandler& handler, Metrics& metrics);
  virtual ~Listener() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// Connections of every kind. Threads: any.
  [[nodiscard]] virtual std::size_t connections() const = 0;
  /// Closes the port and every connection (1001) and joins the threads; what has not closed within
  /// `grace` is cut. Called by the destructor, too. Not from an I/O loop.
  virtual void stop(Millis grace) = 0;
};

}  // namespace parley::transport
