// SPDX-License-Identifier: Apache-2.0
//
// Where gRPC's connections come in: our own port instead of gRPC's, because gRPC neither limits how
// many there are nor says why a port cannot be had (and shares it with whoever else asks for it).
//
// Each connection is watched through a second descriptor, which becomes ready when gRPC has shut
// the socket down: so many are open.
//
// Threads: open, start and stop one owner; the rest any. `admit` is called by the door's thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/metrics.h"
#include "base/result.h"
#include "transport/address_count.h"

namespace parley::transport {

class GrpcDoor {
 public:
  /// Takes a connected socket that does not block, and owns it.
  using Admit = std::function<void(int descriptor)>;

  /// `per_address_max`: see ListenerOptions::connections_per_address_max.
  GrpcDoor(std::size_t connections_max, std::size_t per_address_max, Metrics& metrics);
  ~GrpcDoor();
  GrpcDoor(const GrpcDoor&) = delete;
  GrpcDoor& operator=(const GrpcDoor&) = delete;

  /// Errors: see open_port.
  Status open(const std::string& host, std::uint16_t port);
  void start(Admit admit);
  /// Closes the port. Idempotent.
  void stop();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return connections_.load(); }

 private:
  void accept_next();
  void on_accept(const boost::system::error_code& failure, boost::asio::ip::tcp::socket socket);
  void consider(boost::asio::ip::tcp::socket socket);
  void let_in(boost::asio::ip::tcp::socket socket, const std::string& address);

  const std::size_t connections_max_;
  Gauge& open_;
  Counter& accepted_;
  Counter& refused_;
  Counter& crowded_;
  Counter& accept_failures_;
  AddressCount addresses_;
  std::atomic<std::size_t> connections_{0};
  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_{context_};
  boost::asio::steady_timer accept_pause_{context_};
  Admit admit_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace parley::transport
