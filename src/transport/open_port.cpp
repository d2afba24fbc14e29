// SPDX-License-Identifier: Apache-2.0
#include "transport/open_port.h"

#include <cerrno>

namespace parley::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Error listen_error(const error_code& failure, const std::string& host, std::uint16_t number) {
  const std::string port = "port " + std::to_string(number);
  if (failure == asio::error::address_in_use) {
    return {ErrorCode::already_exists, port + " is taken"};
  }
  if (failure == asio::error::access_denied) {
    return {ErrorCode::permission_denied, port + " needs rights that this user does not have"};
  }
  if (failure.value() == EADDRNOTAVAIL) {
    return {ErrorCode::invalid_argument, "'" + host + "' is not an address of this machine"};
  }
  return {ErrorCode::internal, "cannot listen on " + host + " " + port + ": " + failure.message()};
}

}  // namespace

Status open_port(tcp::acceptor& acceptor, const std::string& host, std::uint16_t port) {
  error_code failure;
  tcp::resolver resolver(acceptor.get_executor());
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, failure);
  if (failure || found.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "'" + host + "' is neither an address nor a known host name"};
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  if (acceptor.open(endpoint.protocol(), failure); !failure) {
    // A port whose last connections are still in TIME_WAIT is free; one that is served is not.
    acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  }
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return listen_error(failure, host, port);
  return {};
}

}  // namespace parley::transport
