// SPDX-License-Identifier: Apache-2.0
//
// What the listener's parts share: I/O loops, the list of peers on each, counters, the number of
// connections. Private to src/transport: it includes Asio, which the public headers do not.
//
// Threads: a Loop's `peers` and `is_stopping` belong to its thread; the rest says so itself.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/metrics.h"
#include "transport/address_count.h"
#include "transport/listener.h"
#include "transport/tls.h"

namespace parley::transport {

/// One socket, whatever it speaks. Threads: its loop.
class Peer {
 public:
  virtual ~Peer() = default;
  /// Ends politely, soon.
  virtual void shut_down() = 0;
  /// Ends now.
  virtual void cut() = 0;
};

/// Shared by the listener and its peers, so that a peer which somebody still holds after the end
/// keeps valid ground below its socket.
struct Loop {
  boost::asio::io_context context{1};  // one thread runs it
  std::unordered_set<std::shared_ptr<Peer>> peers;
  bool is_stopping = false;
  boost::asio::steady_timer grace{context};  // runs while stopping; then peers are cut

  void remove(const std::shared_ptr<Peer>& peer) {
    peers.erase(peer);
    if (is_stopping && peers.empty()) grace.cancel();
  }
};

struct ListenerCounters {
  explicit ListenerCounters(Metrics& metrics);

  Gauge& connections;
  Counter& accepted;
  Counter& refused;           // connections_max
  Counter& crowded;           // connections_per_address_max
  Counter& accept_failures;   // out of descriptors
  Counter& requests_refused;  // malformed, too large, too slow
  Counter& messages_in;
  Counter& messages_out;
  Counter& bytes_in;
  Counter& bytes_out;
  Counter& slow_peers;    // queue_bytes_hard
  Counter& silent_peers;  // pong_timeout
  Counter& oversized;     // message_bytes_max
  Counter& body_bytes_out;
  Counter& bodies_overflowed;  // queue_bytes_hard
  Counter& bodies_stalled;     // write_timeout
  Counter& bodies_abandoned;
};

/// Threads: any.
struct ListenerCore {
  ListenerCore(const ListenerOptions& with, ListenerHandler& calls, Metrics& metrics)
      : options(with),
        handler(calls),
        counters(metrics),
        addresses(with.connections_per_address_max) {}

  const ListenerOptions options;
  std::shared_ptr<TlsContext> tls;  // null: plain; set before the first connection
  ListenerHandler& handler;
  ListenerCounters counters;
  std::atomic<std::size_t> connections{0};
  AddressCount addresses;
};

/// One of connections_max and of its address's, given back when it dies; travels from HTTP to
/// WebSocket at an upgrade.
class ConnectionSlot {
 public:
  /// `address`: a key that `core->addresses` has let in.
  ConnectionSlot(std::shared_ptr<ListenerCore> core, std::string address)
      : core_(std::move(core)), address_(std::move(address)) {
    ++core_->connections;
    core_->counters.connections.add(1);
  }
  ConnectionSlot(ConnectionSlot&& other) noexcept = default;
  ConnectionSlot& operator=(ConnectionSlot&&) = delete;
  ~ConnectionSlot() {
    if (core_ == nullptr) return;
    core_->addresses.leave(address_);
    --core_->connections;
    core_->counters.connections.add(-1);
  }

  [[nodiscard]] const std::shared_ptr<ListenerCore>& core() const { return core_; }

 private:
  std::shared_ptr<ListenerCore> core_;
  std::string address_;
};

}  // namespace parley::transport
