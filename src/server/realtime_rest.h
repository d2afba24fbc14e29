// SPDX-License-Identifier: Apache-2.0
//
// What the Realtime API has beside its socket (openai-realtime reference, §1.2 to §1.4):
//
//   POST /v1/realtime/client_secrets                     a secret for a browser
//   POST /v1/realtime/sessions, transcription_sessions   the same, as beta clients ask for it
//   POST /v1/realtime/calls[/{id}/accept|reject|refer|hangup]
//   GET  /v1/models[/{id}]
//
// There are no calls yet, since nothing here speaks WebRTC or SIP: the paths answer in the API's
// shape that there is no such call.
//
// Threads: any I/O loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/realtime/dialect.h"
#include "protocol/realtime/session_config.h"
#include "server/client_secrets.h"
#include "service/realtime/realtime_service.h"
#include "transport/http/http_message.h"

namespace parley::server {

class RealtimeRest {
 public:
  /// Both must outlive it. `models`: names for /v1/models.
  RealtimeRest(const service::RealtimeService& service, ClientSecrets& secrets,
               std::vector<std::string> models, std::int64_t started_at)
      : service_(service), secrets_(secrets), models_(std::move(models)), started_at_(started_at) {}

  /// True for paths of this page: they need a key.
  [[nodiscard]] static bool owns(std::string_view path) noexcept;
  /// REQUIRES: owns(request.path). `owner`: whose the sessions of a minted secret are.
  [[nodiscard]] transport::HttpResponse respond(const transport::HttpRequest& request,
                                                const SessionOwner& owner) const;

 private:
  [[nodiscard]] transport::HttpResponse mint(const transport::HttpRequest& request,
                                             const SessionOwner& owner, protocol::Dialect dialect,
                                             protocol::SessionType type) const;
  [[nodiscard]] transport::HttpResponse call(const transport::HttpRequest& request) const;
  [[nodiscard]] transport::HttpResponse models(std::string_view path) const;

  const service::RealtimeService& service_;
  ClientSecrets& secrets_;
  const std::vector<std::string> models_;
  const std::int64_t started_at_;
};

}  // namespace parley::server
