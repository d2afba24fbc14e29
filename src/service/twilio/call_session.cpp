// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/call_session.h"

#include <utility>

#include "service/twilio/call_core.h"

namespace parley::service {

CallSession::CallSession(std::unique_ptr<CallCore> core) : core_(std::move(core)) {}

CallSession::~CallSession() { close(); }

const std::string& CallSession::id() const noexcept { return core_->id(); }

PushResult CallSession::push(protocol::CallMessage&& message) {
  return core_->push(std::move(message));
}

void CallSession::finish() { core_->finish(); }

void CallSession::close() noexcept { core_->close(); }

}  // namespace parley::service
