// SPDX-License-Identifier: Apache-2.0
//
// ElevenLabs' interface over HTTP (elevenlabs 2.78.0):
//
//   POST /v1/text-to-speech/{voice}                          audio, as it is made
//   POST /v1/text-to-speech/{voice}/stream                   the same
//   POST /v1/text-to-speech/{voice}/with-timestamps          one JSON object
//   POST /v1/text-to-speech/{voice}/stream/with-timestamps   one JSON object a line
//   GET  /v1/voices, /v2/voices, /v1/voices/{voice}
//   GET  /v1/models                                          to who shows an xi-api-key
//
// Threads: any I/O loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/api_keys.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "server/speech/eleven_labs_framing.h"
#include "server/speech/speech_routes.h"
#include "service/speech/speech_service.h"
#include "transport/listener.h"

namespace parley::server {

class ElevenLabsHttp {
 public:
  /// Those that are references outlive every answer.
  struct Surroundings {
    service::SpeechService& service;
    SessionGate& gate;
    const ApiKeys& keys;
    const KeyAccounts& accounts;
    SpeechRouteOptions options;
    std::vector<std::string> models;
  };

  explicit ElevenLabsHttp(Surroundings around) : around_(std::move(around)) {}

  [[nodiscard]] static bool serves(const transport::HttpRequest& request) noexcept;
  /// REQUIRES: serves(request).
  void handle(const transport::HttpRequest& request, transport::HttpReply reply);

 private:
  void speak(const transport::HttpRequest& request, std::string_view voice, ElevenLabsShape shape,
             std::size_t account, transport::HttpReply reply);
  [[nodiscard]] transport::HttpResponse list(const transport::HttpRequest& request) const;

  const Surroundings around_;
};

}  // namespace parley::server
