// SPDX-License-Identifier: Apache-2.0
//
// From an upgrade request to a socket that speaks:
//
//   /ws/audio?voice=&format=&samplerate=&language=          ours: docs/speech/websocket.md
//   /v1/speak?model=&encoding=&sample_rate=                 as Deepgram's clients use it
//   /v1/text-to-speech/{voice}/stream-input?…               as ElevenLabs' clients do
//   /v1/text-to-speech/{voice}/multi-stream-input?…
//
// Who may not come in is told so inside the WebSocket, in the interface's own shape, and closed:
// that is where clients look. ElevenLabs' may show their key in the first message instead.
//
// Threads: any I/O loop; `drain` any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/speech/speech_place.h"
#include "transport/listener.h"

namespace parley::server {

class SpeechSockets {
 public:
  /// Those that are references outlive every connection.
  struct Surroundings {
    service::SpeechService& service;
    const ApiKeys& keys;
    const KeyAccounts& accounts;
    SessionGate& gate;
    Millis lead;            // at most this far ahead of playing, unless a client says otherwise
    Millis reader_timeout;  // who takes nothing for so long is given up
  };

  explicit SpeechSockets(const Surroundings& around);

  [[nodiscard]] static bool serves(std::string_view path) noexcept;
  /// REQUIRES: serves(request.path).
  [[nodiscard]] transport::UpgradeDecision accept(const transport::HttpRequest& request);
  /// Each socket closes (1001) as soon as it says nothing any more.
  void drain() { sockets_.drain(); }

 private:
  std::unique_ptr<transport::ConnectionSink> accept_audio(const transport::HttpRequest& request);
  std::unique_ptr<transport::ConnectionSink> accept_eleven_labs(
      const transport::HttpRequest& request, std::string_view voice, bool is_multi);

  OpenSockets sockets_;
  const SpeechPlace place_;
};

}  // namespace parley::server
