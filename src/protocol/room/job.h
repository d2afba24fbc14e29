// SPDX-License-Identifier: Apache-2.0
//
// One piece of work for an agent of a LiveKit room, as LiveKit's dispatch describes it. Threads:
// value type.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace parley::protocol {

struct Job {
  /// One agent for a room, for each participant who publishes, or for each participant.
  enum class Kind : std::uint8_t { room, publisher, participant };

  Kind kind = Kind::room;
  std::string id{};
  std::string dispatch_id{};
  std::string room{};  // its name
  std::string room_sid{};
  std::string participant{};  // identity of whom the job is for; empty: of a room
  std::string metadata{};     // see agent_order.h
  std::string agent_name{};   // of the workers who are asked
  std::map<std::string, std::string> attributes{};
};

}  // namespace parley::protocol
