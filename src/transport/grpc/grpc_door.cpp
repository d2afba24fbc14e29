// SPDX-License-Identifier: Apache-2.0
#include "transport/grpc/grpc_door.h"

#include <memory>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <fcntl.h>

#include "base/clock.h"
#include "base/log.h"
#include "exec/prompt_thread.h"
#include "exec/thread_name.h"
#include "transport/open_port.h"

namespace parley::transport {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Out of descriptors: accepting again at once would spin.
constexpr Millis kAcceptPause{100};

}  // namespace

GrpcDoor::GrpcDoor(std::size_t connections_max, std::size_t per_address_max, Metrics& metrics)
    : connections_max_(connections_max),
      open_(metrics.gauge("parley_grpc_connections", "Open gRPC connections")),
      accepted_(
          metrics.counter("parley_grpc_connections_accepted_total", "gRPC connections accepted")),
      refused_(metrics.counter("parley_grpc_connections_refused_total",
                               "gRPC connections closed at limits.connections")),
      crowded_(metrics.counter("parley_grpc_connections_crowded_total",
                               "gRPC connections closed because one address has too many")),
      accept_failures_(metrics.counter("parley_grpc_accept_failures_total",
                                       "Accepts of gRPC connections that the system refused")),
      addresses_(per_address_max) {}

GrpcDoor::~GrpcDoor() { stop(); }

Status GrpcDoor::open(const std::string& host, std::uint16_t port) {
  PARLEY_TRY_STATUS(open_port(acceptor_, host, port));
  port_ = acceptor_.local_endpoint().port();
  return {};
}

void GrpcDoor::start(Admit admit) {
  admit_ = std::move(admit);
  accept_next();
  thread_ = std::thread([this] {
    exec::set_thread_name("parley-grpc-in");
    exec::ask_for_short_slices();
    context_.run();
  });
}

void GrpcDoor::stop() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    // Connections that gRPC still closes need nobody to count them.
    context_.stop();
  });
  thread_.join();
  open_.add(-static_cast<std::int64_t>(connections_.exchange(0)));
}

void GrpcDoor::accept_next() {
  acceptor_.async_accept([this](const error_code& failure, tcp::socket socket) {
    on_accept(failure, std::move(socket));
  });
}

void GrpcDoor::on_accept(const error_code& failure, tcp::socket socket) {
  if (!acceptor_.is_open()) return;
  if (failure) {
    accept_failures_.add();
    log::warn("accepting a gRPC connection failed", {{"reason", failure.message()}});
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](const error_code& cancelled) {
      if (!cancelled && acceptor_.is_open()) accept_next();
    });
    return;
  }
  consider(std::move(socket));
  accept_next();
}

void GrpcDoor::consider(tcp::socket socket) {
  if (connections_.load() >= connections_max_) return refused_.add();
  error_code gone;  // then its address is unknown, and it ends by itself
  const std::string address = address_key(socket.remote_endpoint(gone).address());
  if (!addresses_.enter(address)) return crowded_.add();
  let_in(std::move(socket), address);
}

void GrpcDoor::let_in(tcp::socket socket, const std::string& address) {
  error_code failure;
  socket.native_non_blocking(true, failure);
  socket.set_option(tcp::no_delay(true), failure);
  const int watched = ::fcntl(socket.native_handle(), F_DUPFD_CLOEXEC, 0);
  const int flagged = ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  if (failure || watched < 0 || flagged < 0) {
    accept_failures_.add();
    addresses_.leave(address);
    if (watched >= 0) asio::posix::stream_descriptor(context_, watched).close(failure);
    return;
  }
  accepted_.add();
  ++connections_;
  open_.add(1);
  // Shared with its own handler, which ends it.
  auto watch = std::make_shared<asio::posix::stream_descriptor>(context_, watched);
  asio::posix::stream_descriptor& waiting = *watch;
  waiting.async_wait(asio::posix::stream_descriptor::wait_error,
                     [this, address, kept = std::move(watch)](const error_code&) {
                       addresses_.leave(address);
                       --connections_;
                       open_.add(-1);
                     });
  admit_(socket.release());
}

}  // namespace parley::transport
