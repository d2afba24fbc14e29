// SPDX-License-Identifier: Apache-2.0
//
// What people in a room write to an agent in JSON: calls by RPC, and chat of old clients.
//
//   say               {"text":"Hello"}              or the words alone
//   set_instructions  {"instructions":"Be brief"}   or the words alone
//   interrupt         anything
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Bytes of what is to be said, or of instructions; longer is an error.
inline constexpr std::size_t kRoomCallBytesMax = 32U << 10U;

/// The topic of data packets that carry chat of clients without text streams.
inline constexpr std::string_view kOldChatTopic = "lk-chat-topic";

struct RoomCall {
  enum class Kind : std::uint8_t { say, interrupt, set_instructions };
  Kind kind = Kind::interrupt;
  std::string text{};
};

[[nodiscard]] std::variant<RoomCall, ProtocolError> parse_room_call(std::string_view method,
                                                                    std::string_view payload);

/// The words of {"id":…,"timestamp":…,"message":…}; what else is there is not looked at.
[[nodiscard]] std::variant<std::string, ProtocolError> parse_old_chat(std::string_view packet);

}  // namespace parley::protocol
