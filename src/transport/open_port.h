// SPDX-License-Identifier: Apache-2.0
//
// Opening a port to listen on, with errors that say what to do. Private to src/transport: it shows
// Asio.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"

namespace parley::transport {

/// `host`: an address or a name, of which the first address is taken. `port` 0: a free one. Errors:
/// already_exists (the port is taken), permission_denied, invalid_argument (the address), internal.
[[nodiscard]] Status open_port(boost::asio::ip::tcp::acceptor& acceptor, const std::string& host,
                               std::uint16_t port);

}  // namespace parley::transport
