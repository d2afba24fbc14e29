// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/realtime_session.h"

#include <utility>

#include "base/trace.h"
#include "service/realtime/session_core.h"

namespace parley::service {

RealtimeSession::RealtimeSession(std::unique_ptr<SessionCore> core) : core_(std::move(core)) {}

RealtimeSession::~RealtimeSession() { close(); }

const std::string& RealtimeSession::id() const noexcept { return core_->id(); }

PushResult RealtimeSession::push(protocol::ParsedEvent&& event) {
  PARLEY_HOP();
  const std::size_t audio_bytes = audio_bytes_of(event);
  if (!core_->has_room(audio_bytes)) {
    core_->want_resume();
    if (!core_->has_room(audio_bytes)) return PushResult::full;
  }
  core_->count_in(audio_bytes);
  // There is room: only this thread adds to the mailbox.
  const exec::PushResult pushed = core_->mailbox().push(std::move(event));
  return pushed == exec::PushResult::accepted ? PushResult::accepted : PushResult::closed;
}

bool RealtimeSession::idle() const noexcept { return core_->idle(); }

void RealtimeSession::finish() { core_->finish(); }

void RealtimeSession::close() noexcept { core_->close(); }

}  // namespace parley::service
