// SPDX-License-Identifier: Apache-2.0
//
// Messages of worker_message.h ⇄ the bytes of one binary frame (proto/parley/livekit/v1). A worker
// needs one half; whoever stands for a LiveKit server in a test, the other.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"
#include "protocol/room/worker_message.h"

namespace parley::protocol {

/// Of the ids, identities and names of a message; longer is an error.
inline constexpr std::size_t kJobNameBytesMax = 1024;
/// Of a job's metadata; longer is an error.
inline constexpr std::size_t kJobMetadataBytesMax = 64U << 10U;

[[nodiscard]] std::string to_proto(const WorkerMessage& message);
[[nodiscard]] std::string to_proto(const ServerMessage& message);

using ServerMessageResult = std::variant<ServerMessage, ProtocolError>;
[[nodiscard]] ServerMessageResult parse_server_message(std::string_view bytes);
using WorkerMessageResult = std::variant<WorkerMessage, ProtocolError>;
[[nodiscard]] WorkerMessageResult parse_worker_message(std::string_view bytes);

}  // namespace parley::protocol
