// SPDX-License-Identifier: Apache-2.0
#include "transport/client/dialer.h"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "transport/client/public_address.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

}  // namespace

Error connection_lost(const HttpUrl& url, const std::string& what) {
  return {ErrorCode::unavailable, url.origin() + ": " + what};
}

Dialer::Dialer(asio::io_context& context, Options options)
    : context_(context), options_(std::move(options)) {}

asio::awaitable<Result<ClientConnectionPtr>> Dialer::dial(HttpUrl url) {
  tcp::resolver resolver(context_);
  auto [resolve_error, places] =
      co_await resolver.async_resolve(url.host, std::to_string(url.port), kAwait);
  if (resolve_error) {
    co_return connection_lost(url, "no such host (" + resolve_error.message() + ")");
  }
  if (options_.public_only) {
    for (const auto& place : places) {
      if (is_public_address(place.endpoint().address().to_string())) continue;
      co_return Error{ErrorCode::permission_denied,
                      url.origin() + ": has an address that is not public"};
    }
  }
  auto connection = std::make_unique<ClientConnection>(
      ClientConnection{.stream = PlainStream(context_), .buffer = {}, .idle_since = {}});
  if (url.is_tls) connection->stream.emplace<TlsStream>(PlainStream(context_), tls());
  PlainStream& lowest = connection->lowest();
  lowest.expires_after(options_.connect_timeout);
  auto [connect_error, place] = co_await lowest.async_connect(places, kAwait);
  if (connect_error) {
    co_return connection_lost(
        url, "cannot connect (" +
                 (connect_error == beast::error::timeout ? "timeout" : connect_error.message()) +
                 ")");
  }
  error_code ignored;
  lowest.socket().set_option(tcp::no_delay(true), ignored);
  if (url.is_tls) {
    auto& stream = std::get<TlsStream>(connection->stream);
    SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
    stream.set_verify_callback(ssl::host_name_verification(url.host));
    auto [tls_error] = co_await stream.async_handshake(ssl::stream_base::client, kAwait);
    if (tls_error) {
      co_return connection_lost(url, "TLS handshake failed (" + tls_error.message() + ")");
    }
  }
  lowest.expires_never();
  co_return connection;
}

/// Made when it is first needed: reading the system's certificates takes 30 ms.
ssl::context& Dialer::tls() {
  if (tls_) return *tls_;
  tls_.emplace(ssl::context::tls_client);
  error_code error;
  if (options_.ca_file.empty()) {
    tls_->set_default_verify_paths(error);
  } else {
    tls_->load_verify_file(options_.ca_file, error);
  }
  // Every handshake will fail then, and say so; this line says why.
  if (error) log::warn("TLS certificates", {{"error", error.message()}});
  tls_->set_verify_mode(ssl::verify_peer);
  return *tls_;
}

}  // namespace parley::transport
