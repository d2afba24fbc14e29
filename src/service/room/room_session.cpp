// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_session.h"

#include <utility>

#include "service/room/room_core.h"

namespace parley::service {

RoomSession::RoomSession(std::unique_ptr<RoomCore> core) : core_(std::move(core)) {}

RoomSession::~RoomSession() { close(); }

const std::string& RoomSession::id() const noexcept { return core_->id(); }

PushResult RoomSession::push(room::RoomEvent&& event) { return core_->push(std::move(event)); }

void RoomSession::finish() { core_->finish(); }

void RoomSession::hand_over(std::string successor) { core_->hand_over(std::move(successor)); }

void RoomSession::close() noexcept { core_->close(); }

}  // namespace parley::service
