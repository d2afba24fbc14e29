// SPDX-License-Identifier: Apache-2.0
//
// TLS for the listener's connections. What it is made of is seen by tls.cpp alone, because its
// templates take long to compile; the rest reads and writes through TlsChannel.
// Private to src/transport, like listener_core.h.
//
// Threads: load_tls any; a channel its loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/system/error_code.hpp>

#include "base/result.h"

namespace parley::transport {

/// Called once with what an operation came to. Owns a handler of any type.
class IoDone {
 public:
  template <typename Handler>
  explicit IoDone(Handler handler) : call_(std::make_unique<Of<Handler>>(std::move(handler))) {}
  void operator()(boost::system::error_code failure, std::size_t bytes) {
    // The handler may begin the next operation: what this one held is free by then.
    const std::unique_ptr<Any> call = std::move(call_);
    call->run(failure, bytes);
  }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual void run(boost::system::error_code failure, std::size_t bytes) = 0;
  };
  template <typename Handler>
  struct Of final : Any {
    explicit Of(Handler with) : handler(std::move(with)) {}
    void run(boost::system::error_code failure, std::size_t bytes) override {
      Handler moved = std::move(handler);
      moved(failure, bytes);
    }
    Handler handler;
  };
  std::unique_ptr<Any> call_;
};

/// One connection's TLS. At most one read and one write at a time.
class TlsChannel {
 public:
  virtual ~TlsChannel() = default;
  virtual void handshake(IoDone done) = 0;
  virtual void read_some(boost::asio::mutable_buffer into, IoDone done) = 0;
  virtual void write_some(boost::asio::const_buffer from, IoDone done) = 0;
  /// Says goodbye, and does not wait for the peer's: the socket's own end comes next.
  virtual void shut_down(IoDone done) = 0;
  /// Room for pieces that shall go out as one record; free until `write_some` is done.
  [[nodiscard]] virtual std::span<char> scratch() = 0;
};

class TlsContext;  // a certificate and its key

/// PEM files: the certificate with its chain, and its private key without a passphrase. Errors name
/// the file and what is wrong with it.
[[nodiscard]] Result<std::shared_ptr<TlsContext>> load_tls(const std::string& certificate,
                                                           const std::string& key);
/// Its operations keep it, and the stream, until they are done.
[[nodiscard]] std::shared_ptr<TlsChannel> make_tls_channel(
    TlsContext& context, std::shared_ptr<boost::beast::tcp_stream> stream);

}  // namespace parley::transport
