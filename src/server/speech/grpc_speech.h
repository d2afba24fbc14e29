// SPDX-License-Identifier: Apache-2.0
//
// The services of the gRPC port: parley.speech.v1.SpeechSynthesis and Riva's RivaSpeechSynthesis.
// Every call shows a key, where there are keys, as `authorization: Bearer KEY` or `x-api-key: KEY`.
//
//   GrpcSpeech speech({keys, accounts, gate, options});   // calls end with UNAVAILABLE
//   auto port = GrpcServer::start(options, speech.services(), metrics);
//   speech.serve(service);
//   speech.drain();                                // what has come is spoken, no call begins
//
// Threads: serve and drain one owner; on_call gRPC's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/address_limits.h"
#include "server/api_keys.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "server/speech/grpc_entry.h"
#include "server/speech/grpc_talk.h"
#include "server/speech/open_sockets.h"
#include "server/speech/speech_routes.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

class GrpcSpeech final : public transport::GrpcHandler {
 public:
  /// Of a text that is spoken as one answer, in code points; longer ones are for the streams.
  static constexpr std::size_t kWholeCharactersMax = 10'000;

  /// All outlive it.
  struct Around {
    const ApiKeys& keys;
    const KeyAccounts& accounts;
    AddressLimits& addresses;
    SessionGate& gate;
    const SpeechRouteOptions& options;  // its first voice is the default one
  };

  explicit GrpcSpeech(const Around& around) : around_(around) {}

  [[nodiscard]] std::vector<transport::GrpcService> services();
  /// Calls are served from now on. `service` outlives it.
  void serve(service::SpeechService& service);
  void drain();

  transport::GrpcDecision on_call(const transport::GrpcRequest& request) override;

 private:
  enum class State : std::uint8_t { starting, serving, draining };

  [[nodiscard]] transport::GrpcDecision speak(const transport::GrpcRequest& request,
                                              GrpcVisitor visitor);

  const Around around_;
  OpenSockets open_;
  std::atomic<State> state_{State::starting};
  // Written once, before `serving` is published through state_.
  std::optional<GrpcTalk::Place> place_;
};

}  // namespace parley::server
