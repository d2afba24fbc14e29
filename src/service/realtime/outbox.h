// SPDX-License-Identifier: Apache-2.0
//
// Where the parts of a session put what the client shall hear. Threads: strand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/realtime/server_event.h"

namespace parley::service {

class Outbox {
 public:
  virtual ~Outbox() = default;
  /// Gives the payload an event id and sends it.
  virtual void send(protocol::ServerPayload payload) = 0;
  /// For observers alone.
  virtual void user_said(std::string_view /*item_id*/, std::string_view /*transcript*/) {}
};

}  // namespace parley::service
