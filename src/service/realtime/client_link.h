// SPDX-License-Identifier: Apache-2.0
//
// What a Realtime session needs of the connection that it serves; the server fills it in.
// Threads: `send`, `resume` and `close` are called on the session's strand, and never after
// RealtimeSession::close() has returned. They must return at once and must not call the session.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/realtime/server_event.h"

namespace parley::service {

enum class SendResult : std::uint8_t {
  sent,    // on its way
  slow,    // taken, but the peer reads too slowly; the link ends it when its own limit is reached
  closed,  // the peer is gone: nothing more is wanted
};

class ClientLink {
 public:
  virtual ~ClientLink() = default;
  /// The only hop out: takes the event to the I/O loop, where it becomes JSON.
  virtual SendResult send(protocol::ServerEvent event) = 0;
  /// A push was refused as `full`; there is room again.
  virtual void resume() = 0;
  /// After everything sent before: close with a WebSocket code and reason.
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

}  // namespace parley::service
