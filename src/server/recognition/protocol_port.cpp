// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/protocol_port.h"

#include <utility>

#include "server/http_error.h"

namespace parley::server {

Result<std::unique_ptr<ProtocolPort>> ProtocolPort::start(const transport::ListenerOptions& options,
                                                          Metrics& metrics, std::string protocol,
                                                          Accept accept) {
  std::unique_ptr<ProtocolPort> port(new ProtocolPort(std::move(protocol), std::move(accept)));
  PARLEY_TRY(port->listener_, transport::Listener::start(options, *port, metrics));
  return port;
}

void ProtocolPort::on_http(transport::HttpRequest /*request*/, transport::HttpReply reply) {
  transport::HttpResponse response =
      http_error(426, "invalid_request_error", "upgrade_required",
                 "This port is " + protocol_ + "'s WebSocket: connect with ws:// and an upgrade.");
  response.headers.emplace_back("Upgrade", "websocket");
  reply.send(std::move(response));
}

}  // namespace parley::server
