// SPDX-License-Identifier: Apache-2.0
//
// Makes the connections of this folder's clients: resolves, connects, and shakes hands where the
// URL wants TLS. Only for .cpp files of transport/client: it brings Asio and Beast.
//
// Threads: the one that runs the context.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "transport/client/http_url.h"

namespace parley::transport {

using PlainStream = boost::beast::tcp_stream;
using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

/// One socket, and when it was last used.
struct ClientConnection {
  std::variant<PlainStream, TlsStream> stream;
  boost::beast::flat_buffer buffer;  // what was read and not yet parsed
  std::chrono::steady_clock::time_point idle_since;

  [[nodiscard]] PlainStream& lowest() {
    if (auto* plain = std::get_if<PlainStream>(&stream)) return *plain;
    return boost::beast::get_lowest_layer(std::get<TlsStream>(stream));
  }
};
using ClientConnectionPtr = std::unique_ptr<ClientConnection>;

/// "http://host: what", unavailable.
[[nodiscard]] Error connection_lost(const HttpUrl& url, const std::string& what);

class Dialer {
 public:
  struct Options {
    Millis connect_timeout;
    std::string ca_file;  // PEM; empty: the system's certificates
    bool public_only = false;
  };
  /// `context` outlives it.
  Dialer(boost::asio::io_context& context, Options options);

  /// Resolving is not bounded here but by whoever waits. Errors: unavailable, permission_denied.
  boost::asio::awaitable<Result<ClientConnectionPtr>> dial(HttpUrl url);

 private:
  boost::asio::ssl::context& tls();

  boost::asio::io_context& context_;
  const Options options_;
  std::optional<boost::asio::ssl::context> tls_;
};

}  // namespace parley::transport
