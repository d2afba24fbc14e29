// SPDX-License-Identifier: Apache-2.0
//
// GET /v1/realtime: from an upgrade request to a session. This is where bytes become typed events
// (on the I/O loop) and where typed events become bytes again; the session sees neither.
//
// Refusals that concern the protocol (bad key, no model, no place) are told inside the WebSocket,
// as one error event and a close, because that is where clients of the API look for them.
//
// Threads: any I/O loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "media/buffer_pool.h"
#include "protocol/protocol_error.h"
#include "server/api_keys.h"
#include "server/client_secrets.h"
#include "server/session_gate.h"
#include "service/realtime/realtime_service.h"
#include "transport/listener.h"

namespace parley::server {

/// A refusal as a client sees it: an error event, then a close whose reason is `type.code`.
struct Refusal {
  protocol::ProtocolError error;
  std::uint16_t close_code = 4000;
};

class RealtimeRoute {
 public:
  /// All must outlive every connection.
  RealtimeRoute(service::RealtimeService& service, media::BufferPool& buffers, SessionGate& gate,
                const ClientSecrets& secrets, const KeyAccounts& accounts)
      : service_(service), buffers_(buffers), gate_(gate), secrets_(secrets), accounts_(accounts) {}

  /// Who asks for a session that only listens, by the address or by a secret that was minted for
  /// one.
  [[nodiscard]] bool is_transcription(const transport::HttpRequest& request) const;
  [[nodiscard]] transport::UpgradeDecision accept(const transport::HttpRequest& request,
                                                  const ApiKeys& keys);

 private:
  service::RealtimeService& service_;
  media::BufferPool& buffers_;
  SessionGate& gate_;
  const ClientSecrets& secrets_;
  const KeyAccounts& accounts_;
};

}  // namespace parley::server
