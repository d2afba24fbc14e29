// SPDX-License-Identifier: Apache-2.0
//
// What a worker tells a program of another process that does its jobs, a line of JSON each
// (docs/rooms/own-agents.md, "In another language"). What comes back: protocol/room/
// entry_command.h.
//
// Threads: any (pure).
#pragma once

#include <string>

#include "protocol/room/job.h"
#include "service/room/agent_event.h"

namespace parley::server {

/// Of these lines; a program that knows another one had better not go on.
inline constexpr int kEntryProtocol = 1;

/// The first line.
[[nodiscard]] std::string entry_hello_json();
/// A job begins.
[[nodiscard]] std::string entry_job_json(const protocol::Job& job);
/// What happens in it.
[[nodiscard]] std::string entry_event_json(const std::string& job_id,
                                           const service::AgentEvent& event);

}  // namespace parley::server
