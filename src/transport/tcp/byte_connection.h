// SPDX-License-Identifier: Apache-2.0
//
// Starts a connection that is a stream of bytes from its beginning, for protocols that have framing
// of their own. Private to src/transport.
//
// Threads: the loop's.
#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "transport/listener_core.h"

namespace parley::transport {

void start_bytes(boost::asio::ip::tcp::socket socket, std::shared_ptr<Loop> loop,
                 ConnectionSlot slot);

}  // namespace parley::transport
