// SPDX-License-Identifier: Apache-2.0
//
// Sending an agent into a room: our own request, LiveKit's (Twirp, the method
// livekit.AgentDispatchService/CreateDispatch) and its answers.
//
// Threads: any (pure).
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"

namespace parley::protocol {

inline constexpr std::string_view kCreateDispatchPath =
    "/twirp/livekit.AgentDispatchService/CreateDispatch";

struct DispatchOrder {
  std::string room;
  std::string agent_name;  // empty: whoever answers chooses
  std::string metadata;
};
/// {"room":…,"agent_name":…,"metadata":…}; metadata may be an object, which is written as text.
[[nodiscard]] std::variant<DispatchOrder, ProtocolError> parse_dispatch_order(
    std::string_view body);

[[nodiscard]] std::string create_dispatch_json(const DispatchOrder& order);
/// The id of the dispatch in LiveKit's answer; empty: it is none.
[[nodiscard]] std::string dispatch_id_of(std::string_view answer);
[[nodiscard]] std::string dispatch_answer_json(const std::string& id, const DispatchOrder& order);

/// {"code":"unauthenticated","msg":…}; empty fields where it is none.
struct TwirpError {
  std::string code;
  std::string message;
};
[[nodiscard]] TwirpError twirp_error_of(std::string_view answer);

}  // namespace parley::protocol
