// SPDX-License-Identifier: Apache-2.0
//
// One telephone call: takes typed messages through one mailbox, drives a VoiceAgent, answers
// through a CallLink. What is said when is in call_core.h.
//
// When the mailbox is full, `push` says so and keeps nothing: the connection stops reading its
// socket and offers the message again after CallLink::resume().
//
// Threads: `push` one producer (the connection's I/O loop); `finish`, `id` any; `close` any, but
// not from inside a CallLink call. Everything else runs on the session's strand, without locks.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "protocol/twilio/call_message.h"
#include "service/realtime/realtime_session.h"

namespace parley::service {

/// Messages that wait for the strand: 5 s of a call. Policy when full: refuse, the connection
/// waits.
inline constexpr std::size_t kCallMessagesWaitingMax = 256;

class CallCore;

class CallSession {
 public:
  explicit CallSession(std::unique_ptr<CallCore> core);
  ~CallSession();
  CallSession(const CallSession&) = delete;
  CallSession& operator=(const CallSession&) = delete;

  [[nodiscard]] const std::string& id() const noexcept;  // sess_…
  /// On `full` the message is left as it was.
  [[nodiscard]] PushResult push(protocol::CallMessage&& message);
  /// Ends the call by our own hand as soon as nobody speaks: the link is closed with 1001.
  void finish();
  /// The other end is gone: cancels model calls and frees everything. Idempotent.
  void close() noexcept;

 private:
  std::unique_ptr<CallCore> core_;
};

}  // namespace parley::service
