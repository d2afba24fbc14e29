// SPDX-License-Identifier: Apache-2.0
//
// An agent in a room, as whoever joins the room for it holds it: events in, and its end. What it
// does there goes through room::RoomLink.
//
// Threads: any; `push` one producer at a time.
#pragma once

#include <memory>
#include <string>

#include "room/room_event.h"
#include "service/realtime/realtime_session.h"

namespace parley::service {

class RoomCore;

class RoomSession {
 public:
  explicit RoomSession(std::unique_ptr<RoomCore> core);
  ~RoomSession();
  RoomSession(const RoomSession&) = delete;
  RoomSession& operator=(const RoomSession&) = delete;

  [[nodiscard]] const std::string& id() const noexcept;  // sess_…
  /// On `full` the event is left as it was, and RoomLink::resume follows.
  [[nodiscard]] PushResult push(room::RoomEvent&& event);
  /// Ends it by our own hand as soon as nobody speaks: the link is closed with 1001.
  void finish();
  /// Likewise, but not before the participant of this identity is there to go on. Once.
  void hand_over(std::string successor);
  /// Cancels model calls and frees everything. Not from inside a call of the link. Idempotent.
  void close() noexcept;

 private:
  std::unique_ptr<RoomCore> core_;
};

}  // namespace parley::service
