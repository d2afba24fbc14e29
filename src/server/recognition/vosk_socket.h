// SPDX-License-Identifier: Apache-2.0
//
// One socket of Vosk's protocol (protocol/recognition/vosk.h). Its clients send a piece of audio
// and wait for an answer before they send the next: each piece is answered at once, with a final
// that has come meanwhile or else with what is understood so far.
//
// Threads: the connection's I/O loop; the sink is also told things on the stream's strand.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "model/asr_model.h"
#include "server/recognition/listening_socket.h"

namespace parley::server {

class VoskSocket final : public ListeningSocket {
 public:
  /// `service` and `gate` outlive it. `id`: of the request.
  VoskSocket(service::RecognitionService& service, SessionGate& gate, SocketAdmission admission,
             std::string id);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;

 private:
  class Sink;
  void refuse(int code, std::string_view message, std::int64_t retry_seconds) override;
  /// A stream for the rate that was said last. False when it was refused.
  bool begin();

  const std::string id_;
  std::shared_ptr<Sink> sink_;  // shared with the stream
  int wanted_rate_ = 16'000;    // Hz
  model::AsrHintsRef hints_;    // what was said last; null: nothing
};

}  // namespace parley::server
