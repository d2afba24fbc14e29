// SPDX-License-Identifier: Apache-2.0
//
// What the speaking sockets stand on. All of it outlives every connection. Threads: any.
#pragma once

#include "base/clock.h"
#include "server/api_keys.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "server/speech/open_sockets.h"
#include "service/speech/speech_service.h"

namespace parley::server {

struct SpeechPlace {
  service::SpeechService& service;
  const ApiKeys& keys;
  const KeyAccounts& accounts;
  SessionGate& gate;
  OpenSockets& sockets;
  Millis lead;            // at most this far ahead of playing, unless a client says otherwise
  Millis reader_timeout;  // who takes nothing for so long is given up

  [[nodiscard]] const service::SpeechContext& context() const { return service.context(); }
};

}  // namespace parley::server
