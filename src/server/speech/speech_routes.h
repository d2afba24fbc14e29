// SPDX-License-Identifier: Apache-2.0
//
// Text to speech over HTTP:
//
//   POST /v1/audio/speech   OpenAI's (openai 3.54.0): one file, or server-sent events
//   POST /v1/audio/stream   ours: JSON whose audio_chunks come as they are made
//   GET  /v1/audio/voices   names that speak with a voice of their own
//
// Threads: any I/O loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config.h"
#include "protocol/speech/speech_answer.h"
#include "protocol/speech/speech_request.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "service/speech/speech_service.h"
#include "transport/listener.h"

namespace parley::server {

struct SpeechRouteOptions {
  std::size_t characters_max = 65'536;  // of one request's text
  Millis lead{120'000};                 // at most this far ahead of playing; 0: no limit
  Millis reader_timeout{30'000};        // who takes nothing for so long is given up
  std::vector<protocol::VoiceShown> voices;
};
[[nodiscard]] SpeechRouteOptions speech_route_options(const Config& config);

class SpeechRoutes {
 public:
  /// Both outlive the answers.
  SpeechRoutes(service::SpeechService& service, SessionGate& gate, SpeechRouteOptions options)
      : service_(service), gate_(gate), options_(std::move(options)) {}

  [[nodiscard]] static bool serves(std::string_view path) noexcept;
  /// Its errors have a shape of their own (`speech_refusal`), and not OpenAI's.
  [[nodiscard]] static bool has_own_errors(std::string_view path) noexcept;
  /// Who asks: whose share of the voice it takes, and whose limits it draws on.
  struct Asker {
    std::uint64_t owner = 0;
    std::shared_ptr<KeyAccount> account;  // shared with what else it opened
  };
  void handle(const transport::HttpRequest& request, Asker asker, transport::HttpReply reply);

 private:
  [[nodiscard]] service::SpeechRequest request_of(const protocol::SpeechOrder& order,
                                                  std::string face, std::uint64_t owner,
                                                  const std::string& id);
  void speak(const transport::HttpRequest& request, Asker asker, transport::HttpReply reply);
  void stream(const transport::HttpRequest& request, Asker asker, transport::HttpReply reply);

  service::SpeechService& service_;
  SessionGate& gate_;
  const SpeechRouteOptions options_;
};

}  // namespace parley::server
