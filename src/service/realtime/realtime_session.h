// SPDX-License-Identifier: Apache-2.0
//
// One client's conversation in the vocabulary of the Realtime API: takes typed client events
// through one mailbox, drives a VoiceAgent, answers with typed server events through a ClientLink.
//
// All client events keep their order, so that a commit comes after the audio before it. When the
// mailbox is full, `push` says so and keeps nothing: the connection stops reading its socket and
// offers the event again after ClientLink::resume(). Nothing that a client said is ever dropped.
//
// Threads: `push` one producer (the connection's I/O loop); `finish`, `idle`, `id` any; `close`
// any, but not from inside a ClientLink call. Everything else runs on the session's strand, without
// locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "protocol/realtime/client_event.h"

namespace parley::service {

/// Client events that wait for the strand. Policy when full: refuse, the connection waits.
inline constexpr std::size_t kEventsWaitingMax = 256;
/// Audio bytes that wait for the strand, beyond the first event. Policy when full: the same.
inline constexpr std::size_t kAudioWaitingBytesMax = 4U << 20U;

enum class PushResult : std::uint8_t { accepted, full, closed };

class SessionCore;

class RealtimeSession {
 public:
  explicit RealtimeSession(std::unique_ptr<SessionCore> core);
  ~RealtimeSession();
  RealtimeSession(const RealtimeSession&) = delete;
  RealtimeSession& operator=(const RealtimeSession&) = delete;

  [[nodiscard]] const std::string& id() const noexcept;  // sess_…
  /// On `full` the event is left as it was.
  [[nodiscard]] PushResult push(protocol::ParsedEvent&& event);
  /// True when no reply is running and no event waits, a moment ago.
  [[nodiscard]] bool idle() const noexcept;
  /// Ends the session by its own hand as soon as it is idle: the link is closed with 1001.
  void finish();
  /// The client is gone: cancels model calls and frees everything. Idempotent.
  void close() noexcept;

 private:
  std::unique_ptr<SessionCore> core_;
};

}  // namespace parley::service
