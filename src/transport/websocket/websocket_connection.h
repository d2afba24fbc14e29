// SPDX-License-Identifier: Apache-2.0
//
// Takes over a socket whose upgrade request was accepted. Private to src/transport.
//
// Threads: the loop's.
#pragma once

#include <memory>
#include <string>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "transport/listener_core.h"
#include "transport/stream.h"

namespace parley::transport {

struct WebSocketStart {
  std::unique_ptr<ConnectionSink> sink;
  std::string subprotocol;  // empty: none
  std::string remote;
  std::string request_id;
};

void start_websocket(Stream stream,
                     boost::beast::http::request<boost::beast::http::string_body> request,
                     WebSocketStart start, std::shared_ptr<Loop> loop, ConnectionSlot slot);

}  // namespace parley::transport
