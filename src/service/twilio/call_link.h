// SPDX-License-Identifier: Apache-2.0
//
// What a call needs of its connection; the server fills it in.
// Threads: called on the session's strand, and never after CallSession::close() has returned.
// They must return at once and must not call the session.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/twilio/call_message.h"
#include "service/realtime/client_link.h"

namespace parley::service {

class CallLink {
 public:
  virtual ~CallLink() = default;
  /// `stream` is the call's name for it, the same each time.
  virtual SendResult send(protocol::CallCommand command, const std::string& stream) = 0;
  /// A push was refused as `full`; there is room again.
  virtual void resume() = 0;
  /// After everything sent before: close with a WebSocket code and reason.
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

}  // namespace parley::service
