// SPDX-License-Identifier: Apache-2.0
//
// Accepting connections and dealing them out to loops. What a connection does is in
// http/http_session.cpp and websocket/websocket_connection.cpp.
#include "transport/listener.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "base/log.h"
#include "exec/prompt_thread.h"
#include "exec/thread_name.h"
#include "transport/http/http_body_writer.h"
#include "transport/http/http_session.h"
#include "transport/listener_core.h"
#include "transport/open_port.h"
#include "transport/tcp/byte_connection.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Out of descriptors: accepting again at once would spin.
constexpr Millis kAcceptPause{100};
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

class AsioListener final : public Listener {
 public:
  AsioListener(const ListenerOptions& options, ListenerHandler& handler, Metrics& metrics)
      : core_(std::make_shared<ListenerCore>(options, handler, metrics)) {
    for (int i = 0; i < std::max(1, options.threads); ++i) {
      loops_.push_back(std::make_shared<Loop>());
    }
    acceptor_.emplace(loops_.front()->context);
    accept_pause_.emplace(loops_.front()->context);
  }
  ~AsioListener() override { stop(Millis{0}); }

  Status open();
  void run();

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::size_t connections() const override { return core_->connections.load(); }
  void stop(Millis grace) override;

 private:
  using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

  void accept_next();
  void on_accept(error_code failure, tcp::socket socket, const std::shared_ptr<Loop>& loop);
  /// Nothing: there are enough, counted as such.
  [[nodiscard]] std::optional<ConnectionSlot> admit(const tcp::socket& socket);

  std::shared_ptr<ListenerCore> core_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::optional<tcp::acceptor> acceptor_;           // first loop
  std::optional<asio::steady_timer> accept_pause_;  // first loop
  std::size_t next_loop_ = 0;                       // first loop
  std::vector<WorkGuard> guards_;
  std::vector<std::thread> threads_;
  std::uint16_t port_ = 0;
};

Status AsioListener::open() {
  const ListenerOptions& options = core_->options;
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return Error{ErrorCode::invalid_argument, "TLS needs both a certificate and its key"};
  }
  if (!options.tls_certificate.empty()) {
    PARLEY_TRY(core_->tls, load_tls(options.tls_certificate, options.tls_key));
  }
  PARLEY_TRY_STATUS(open_port(*acceptor_, options.host, options.port));
  port_ = acceptor_->local_endpoint().port();
  return {};
}

void AsioListener::run() {
  accept_next();
  for (const auto& loop : loops_) {
    guards_.emplace_back(loop->context.get_executor());
    threads_.emplace_back([loop] {
      exec::set_thread_name("parley-io");
      exec::ask_for_short_slices();
      loop->context.run();
    });
  }
}

void AsioListener::accept_next() {
  const std::shared_ptr<Loop> loop = loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % loops_.size();
  acceptor_->async_accept(loop->context, [this, loop](error_code failure, tcp::socket socket) {
    on_accept(failure, std::move(socket), loop);
  });
}

void AsioListener::on_accept(error_code failure, tcp::socket socket,
                             const std::shared_ptr<Loop>& loop) {
  if (!acceptor_->is_open()) return;
  if (failure) {
    core_->counters.accept_failures.add();
    log::warn("accepting a connection failed", {{"reason", failure.message()}});
    accept_pause_->expires_after(kAcceptPause);
    accept_pause_->async_wait([this](error_code cancelled) {
      if (!cancelled && acceptor_->is_open()) accept_next();
    });
    return;
  }
  if (std::optional<ConnectionSlot> slot = admit(socket)) {
    core_->counters.accepted.add();
    auto shared = std::make_shared<ConnectionSlot>(std::move(*slot));  // Asio may copy handlers
    asio::post(loop->context, [loop, shared, moved = std::move(socket)]() mutable {
      if (loop->is_stopping) return;
      const bool is_plain = shared->core()->options.is_plain_bytes;
      (is_plain ? start_bytes : start_http)(std::move(moved), loop, std::move(*shared));
    });
  } else if (!core_->options.is_plain_bytes) {
    // Into a fresh socket's buffer: neither waits nor fails in a way that anyone could mend.
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kBusy), ignored);
  }
  accept_next();
}

std::optional<ConnectionSlot> AsioListener::admit(const tcp::socket& socket) {
  if (core_->connections.load() >= core_->options.connections_max) {
    core_->counters.refused.add();
    return std::nullopt;
  }
  error_code gone;  // then its address is unknown, and it ends by itself
  std::string key = address_key(socket.remote_endpoint(gone).address());
  if (!core_->addresses.enter(key)) {
    core_->counters.crowded.add();
    return std::nullopt;
  }
  return ConnectionSlot(core_, std::move(key));
}

/// The loop's thread ends when nothing is pending any more: when the last peer is gone.
void stop_loop(const std::shared_ptr<Loop>& loop, Millis grace) {
  loop->is_stopping = true;
  loop->grace.expires_after(grace);
  loop->grace.async_wait([loop](error_code) {
    const auto left = loop->peers;
    for (const auto& peer : left) peer->cut();
  });
  const auto peers = loop->peers;  // a copy: they take themselves out
  for (const auto& peer : peers) peer->shut_down();
  if (peers.empty()) loop->grace.cancel();
}

void AsioListener::stop(Millis grace) {
  if (threads_.empty()) return;
  asio::post(loops_.front()->context, [this] {
    error_code ignored;
    acceptor_->close(ignored);
    accept_pause_->cancel();
  });
  for (const auto& loop : loops_) {
    asio::post(loop->context, [loop, grace] { stop_loop(loop, grace); });
  }
  guards_.clear();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::start(const ListenerOptions& options,
                                                  ListenerHandler& handler, Metrics& metrics) {
  try {
    auto listener = std::make_unique<AsioListener>(options, handler, metrics);
    PARLEY_TRY_STATUS(listener->open());
    listener->run();
    return std::unique_ptr<Listener>(std::move(listener));
  } catch (const std::exception& failure) {
    return Error{ErrorCode::internal, std::string("cannot start the listener: ") + failure.what()};
  }
}

HttpReply::~HttpReply() {
  if (!target_.expired()) send({.status = 500, .body = "Internal error\n"});
}

void HttpReply::send(HttpResponse response) {
  if (const auto target = std::exchange(target_, {}).lock()) target->deliver(std::move(response));
}

std::shared_ptr<HttpBody> HttpReply::stream(HttpResponse head, std::unique_ptr<HttpBodySink> sink) {
  const auto target = std::exchange(target_, {}).lock();
  return target == nullptr ? closed_body() : target->begin(std::move(head), std::move(sink));
}

ListenerCounters::ListenerCounters(Metrics& metrics)
    : connections(metrics.gauge("parley_connections", "Open connections of every kind")),
      accepted(metrics.counter("parley_connections_accepted_total", "Connections accepted")),
      refused(metrics.counter("parley_connections_refused_total",
                              "Connections refused at limits.connections")),
      crowded(metrics.counter("parley_connections_crowded_total",
                              "Connections refused because one address has too many")),
      accept_failures(
          metrics.counter("parley_accept_failures_total", "Accepts that the system refused")),
      requests_refused(metrics.counter("parley_http_requests_refused_total",
                                       "Requests malformed, too large or too slow")),
      messages_in(metrics.counter("parley_ws_messages_in_total", "WebSocket messages received")),
      messages_out(metrics.counter("parley_ws_messages_out_total", "WebSocket messages sent")),
      bytes_in(metrics.counter("parley_ws_bytes_in_total", "Bytes of messages received")),
      bytes_out(metrics.counter("parley_ws_bytes_out_total", "Bytes of messages sent")),
      slow_peers(metrics.counter("parley_ws_slow_peers_total",
                                 "Connections closed because their peer read too slowly")),
      silent_peers(metrics.counter("parley_ws_silent_peers_total",
                                   "Connections cut because their peer stopped answering")),
      oversized(metrics.counter("parley_ws_oversized_total",
                                "Connections closed because a message was too large")),
      body_bytes_out(
          metrics.counter("parley_http_body_bytes_out_total", "Bytes of streamed answers sent")),
      bodies_overflowed(metrics.counter("parley_http_bodies_overflowed_total",
                                        "Streamed answers cut because too much waited")),
      bodies_stalled(metrics.counter("parley_http_bodies_stalled_total",
                                     "Streamed answers cut because nobody read on")),
      bodies_abandoned(metrics.counter("parley_http_bodies_abandoned_total",
                                       "Streamed answers whose reader left before the end")) {}

}  // namespace parley::transport
