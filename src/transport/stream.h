// SPDX-License-Identifier: Apache-2.0
//
// A connection's bytes, plain or under TLS: what HTTP and WebSocket are spoken over. Without TLS
// every call goes straight to the socket. Private to src/transport.
//
// Threads: its loop's.
#pragma once

#include <cstring>
#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "base/clock.h"
#include "transport/tls.h"

namespace parley::transport {

class Stream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;
  using next_layer_type = boost::beast::tcp_stream;
  using error_code = boost::system::error_code;

  /// `tls` null: plain.
  Stream(boost::asio::ip::tcp::socket socket, TlsContext* tls)
      : tcp_(std::make_shared<boost::beast::tcp_stream>(std::move(socket))) {
    if (tls != nullptr) tls_ = make_tls_channel(*tls, tcp_);
  }

  [[nodiscard]] executor_type get_executor() { return tcp_->get_executor(); }
  [[nodiscard]] next_layer_type& next_layer() { return *tcp_; }
  [[nodiscard]] const next_layer_type& next_layer() const { return *tcp_; }
  [[nodiscard]] std::shared_ptr<next_layer_type> shared_next_layer() const { return tcp_; }
  [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return tcp_->socket(); }
  void expires_after(Millis time) { tcp_->expires_after(time); }
  void expires_never() { tcp_->expires_never(); }
  void close() { tcp_->close(); }

  /// Null for a plain connection.
  [[nodiscard]] TlsChannel* tls() { return tls_.get(); }

  template <typename Buffers, typename Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& moved, const Buffers& into) {
          using Moved = std::decay_t<decltype(moved)>;
          if (tls_ == nullptr) {
            tcp_->async_read_some(into, std::forward<decltype(moved)>(moved));
          } else {
            tls_->read_some(first_of(into), IoDone(Moved(std::forward<decltype(moved)>(moved))));
          }
        },
        handler, buffers);
  }

  template <typename Buffers, typename Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& moved, const Buffers& from) {
          using Moved = std::decay_t<decltype(moved)>;
          if (tls_ == nullptr) {
            tcp_->async_write_some(from, std::forward<decltype(moved)>(moved));
          } else {
            tls_->write_some(record_of(from), IoDone(Moved(std::forward<decltype(moved)>(moved))));
          }
        },
        handler, buffers);
  }

 private:
  template <typename Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
      const boost::asio::mutable_buffer one(*at);
      if (one.size() > 0) return one;
    }
    return {};
  }

  /// What goes out next: small pieces (a frame's head and its body) together.
  template <typename Buffers>
  boost::asio::const_buffer record_of(const Buffers& buffers) {
    const std::span<char> scratch = tls_->scratch();
    const auto end = boost::asio::buffer_sequence_end(buffers);
    std::size_t filled = 0;
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
      const boost::asio::const_buffer one(*at);
      if (filled == 0 && one.size() >= scratch.size()) return one;
      const std::size_t bytes = std::min(one.size(), scratch.size() - filled);
      if (bytes > 0) std::memcpy(scratch.data() + filled, one.data(), bytes);
      filled += bytes;
      if (filled == scratch.size()) break;
    }
    return {scratch.data(), filled};
  }

  // Stay where they are when the stream moves, and until their operations are done.
  std::shared_ptr<boost::beast::tcp_stream> tcp_;
  std::shared_ptr<TlsChannel> tls_;
};

// How a WebSocket ends what is below it; found by argument-dependent lookup.
inline void teardown(boost::beast::role_type role, Stream& stream,
                     boost::system::error_code& failure) {
  boost::beast::websocket::teardown(role, stream.socket(), failure);
}
template <typename Handler>
void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
  if (stream.tls() == nullptr) {
    boost::beast::websocket::async_teardown(role, stream.socket(), std::forward<Handler>(handler));
    return;
  }
  stream.tls()->shut_down(
      IoDone([role, tcp = stream.shared_next_layer(), moved = std::forward<Handler>(handler)](
                 boost::system::error_code, std::size_t) mutable {
        boost::beast::websocket::async_teardown(role, tcp->socket(), std::move(moved));
      }));
}

}  // namespace parley::transport
