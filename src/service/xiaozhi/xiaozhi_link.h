// SPDX-License-Identifier: Apache-2.0
//
// What a device's session needs of its connection; the server fills it in.
// Threads: called on the session's strand, and never after XiaozhiSession::close() has returned.
// They must return at once and must not call the session.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/xiaozhi/server_message.h"
#include "service/realtime/client_link.h"

namespace parley::service {

class XiaozhiLink {
 public:
  virtual ~XiaozhiLink() = default;
  /// `session_id` belongs into every message; the same each time.
  virtual SendResult send(protocol::XiaozhiMessage message, const std::string& session_id) = 0;
  /// A push was refused as `full`; there is room again.
  virtual void resume() = 0;
  /// After everything sent before: close with a WebSocket code and reason.
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

}  // namespace parley::service
