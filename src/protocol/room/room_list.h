// SPDX-License-Identifier: Apache-2.0
//
// Whether a room is still there: LiveKit's method livekit.RoomService/ListRooms, and its answer.
//
// Threads: any (pure).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"

namespace parley::protocol {

inline constexpr std::string_view kListRoomsPath = "/twirp/livekit.RoomService/ListRooms";

struct ListedRoom {
  std::string name;
  std::string sid;
};

/// Asks for the room of this name alone.
[[nodiscard]] std::string list_rooms_json(std::string_view name);
[[nodiscard]] std::variant<std::vector<ListedRoom>, ProtocolError> parse_room_list(
    std::string_view answer);

}  // namespace parley::protocol
