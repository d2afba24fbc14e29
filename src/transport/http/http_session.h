// SPDX-License-Identifier: Apache-2.0
//
// Starts speaking HTTP on a fresh socket. Private to src/transport.
//
// Threads: the loop's.
#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "transport/listener_core.h"

namespace parley::transport {

void start_http(boost::asio::ip::tcp::socket socket, std::shared_ptr<Loop> loop,
                ConnectionSlot slot);

}  // namespace parley::transport
