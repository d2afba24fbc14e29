// SPDX-License-Identifier: Apache-2.0
//
// The services of the gRPC port that listen: parley.recognition.v1.SpeechRecognition and Riva's
// RivaSpeechRecognition. Keys as for those that speak (server/speech/grpc_speech.h).
//
//   GrpcRecognition listening({keys, accounts, addresses, gate, options});
//   auto port = GrpcServer::start(options, listening.services(), metrics);
//   listening.serve(service);
//   listening.drain();         // no call begins; the service tells the words of what has come
//   port.stop(); listening.stop();
//
// Threads: serve, drain and stop one owner; on_call gRPC's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/address_limits.h"
#include "server/api_keys.h"
#include "server/key_limits.h"
#include "server/recognition/grpc_listening.h"
#include "server/recognition/grpc_recordings.h"
#include "server/recognition/transcription_routes.h"
#include "server/session_gate.h"
#include "server/speech/grpc_entry.h"
#include "server/speech/open_sockets.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

class GrpcRecognition final : public transport::GrpcHandler {
 public:
  /// All outlive it.
  struct Around {
    const ApiKeys& keys;
    const KeyAccounts& accounts;
    AddressLimits& addresses;
    SessionGate& gate;
    const TranscriptionOptions& options;
  };

  explicit GrpcRecognition(const Around& around) : around_(around) {}

  [[nodiscard]] std::vector<transport::GrpcService> services();
  /// Calls are served from now on. `service` outlives it.
  void serve(service::RecognitionService& service);
  void drain();
  /// After the port has.
  void stop();

  transport::GrpcDecision on_call(const transport::GrpcRequest& request) override;

 private:
  enum class State : std::uint8_t { starting, serving, draining };

  [[nodiscard]] transport::GrpcDecision listen(const transport::GrpcRequest& request,
                                               GrpcVisitor visitor);

  const Around around_;
  OpenSockets open_;
  std::atomic<State> state_{State::starting};
  // Written once, before `serving` is published through state_.
  std::optional<GrpcRecordings> recordings_;
  std::optional<GrpcListening::Place> place_;
};

}  // namespace parley::server
