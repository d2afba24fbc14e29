// SPDX-License-Identifier: Apache-2.0
#include "transport/tls.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <boost/asio/ssl.hpp>

#include "base/log.h"

namespace parley::transport {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;

class TlsContext {
 public:
  TlsContext() : context(ssl::context::tls_server) {}
  ssl::context context;
};

namespace {

// The most that one TLS record carries.
constexpr std::size_t kRecordBytes = 16U << 10U;

Status check_readable(std::string_view what, const std::string& path) {
  errno = 0;
  if (std::ifstream file(path); file && file.peek() != std::ifstream::traits_type::eof()) return {};
  const std::string why = errno != 0 ? std::generic_category().message(errno) : "it is empty";
  return Error{ErrorCode::invalid_argument,
               std::string(what) + " '" + path + "' cannot be read: " + why};
}

void warn_if_expired(SSL_CTX* context, const std::string& path) {
  const X509* const certificate = SSL_CTX_get0_certificate(context);
  if (certificate == nullptr) return;
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    log::warn("the TLS certificate has expired: clients will refuse it", {{"file", path}});
  }
}

class Channel final : public TlsChannel, public std::enable_shared_from_this<Channel> {
 public:
  Channel(TlsContext& context, std::shared_ptr<boost::beast::tcp_stream> stream)
      : tcp_(std::move(stream)), stream_(*tcp_, context.context) {}

  void handshake(IoDone done) override {
    stream_.async_handshake(ssl::stream_base::server,
                            [self = shared_from_this(), moved = std::move(done)](
                                error_code failure) mutable { moved(failure, 0); });
  }
  void read_some(asio::mutable_buffer into, IoDone done) override {
    stream_.async_read_some(into, [self = shared_from_this(), moved = std::move(done)](
                                      error_code failure, std::size_t bytes) mutable {
      // A peer that just hangs up is no news: messages say by themselves whether they are
      // whole.
      if (failure == ssl::error::stream_truncated) failure = asio::error::eof;
      moved(failure, bytes);
    });
  }
  void write_some(asio::const_buffer from, IoDone done) override {
    stream_.async_write_some(
        from, [self = shared_from_this(), moved = std::move(done)](
                  error_code failure, std::size_t bytes) mutable { moved(failure, bytes); });
  }
  void shut_down(IoDone done) override {
    // As if the peer's had come: one that never sends it would hold the connection.
    SSL_set_shutdown(stream_.native_handle(), SSL_RECEIVED_SHUTDOWN);
    stream_.async_shutdown([self = shared_from_this(), moved = std::move(done)](
                               error_code failure) mutable { moved(failure, 0); });
  }
  std::span<char> scratch() override { return scratch_; }

 private:
  const std::shared_ptr<boost::beast::tcp_stream> tcp_;  // shared with the connection
  ssl::stream<boost::beast::tcp_stream&> stream_;
  std::array<char, kRecordBytes> scratch_{};
};

}  // namespace

Result<std::shared_ptr<TlsContext>> load_tls(const std::string& certificate,
                                             const std::string& key) {
  PARLEY_TRY_STATUS(check_readable("the certificate", certificate));
  PARLEY_TRY_STATUS(check_readable("the key", key));
  try {
    auto tls = std::make_shared<TlsContext>();
    ssl::context& context = tls->context;
    error_code failure;
    context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                            ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                        failure);
    // Nobody sits at the terminal to answer for a passphrase.
    context.set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); }, failure);
    context.use_certificate_chain_file(certificate, failure);
    if (failure) {
      return Error{ErrorCode::invalid_argument,
                   "the certificate '" + certificate + "' is not in PEM form"};
    }
    context.use_private_key_file(key, ssl::context::pem, failure);
    const unsigned long reason = static_cast<unsigned long>(failure.value());
    if (failure && ERR_GET_REASON(reason) == X509_R_KEY_VALUES_MISMATCH) {
      return Error{
          ErrorCode::invalid_argument,
          "the key '" + key + "' does not belong to the certificate '" + certificate + "'"};
    }
    if (failure) {
      return Error{ErrorCode::invalid_argument,
                   "the key '" + key + "' is not a private key in PEM form without a passphrase"};
    }
    if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
      return Error{
          ErrorCode::invalid_argument,
          "the key '" + key + "' does not belong to the certificate '" + certificate + "'"};
    }
    warn_if_expired(context.native_handle(), certificate);
    return tls;
  } catch (const std::exception& failure) {
    return Error{ErrorCode::internal, std::string("TLS cannot be set up: ") + failure.what()};
  }
}

std::shared_ptr<TlsChannel> make_tls_channel(TlsContext& context,
                                             std::shared_ptr<boost::beast::tcp_stream> stream) {
  return std::make_shared<Channel>(context, std::move(stream));
}

}  // namespace parley::transport
