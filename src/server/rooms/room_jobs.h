// SPDX-License-Identifier: Apache-2.0
//
// Does the jobs of a worker: each is an agent in a room of its own. What a job asks for is parsed
// here, its graph made, its session opened and the room joined; and when either end is over, the
// other is ended, too.
//
// Jobs are begun and ended on a thread of their own, which may wait; what happens in a room does
// not pass it.
//
// Threads: see service/dispatch/room_agents.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "room/agent_graph.h"
#include "server/engine.h"
#include "service/dispatch/room_agents.h"
#include "service/realtime/conversation_log.h"
#include "transport/livekit/livekit_room.h"

namespace parley::server {

/// What jobs share; all outlive the runner.
struct RoomJobsAround {
  const Config& config;
  Engine& engine;
  Metrics& metrics;
  service::Keeping keeping = {};                 // of conversations
  transport::LiveKitLibrary* livekit = nullptr;  // a test's own, instead of LiveKit's client
};

/// Agents that a job may ask for: those in the box, and the files of `rooms.agents`.
[[nodiscard]] Result<std::vector<room::AgentGraph>> agents_of(const Config& config);

/// Errors: what keeps every job from running, such as a library that is missing, or an agent's file
/// that is wrong.
[[nodiscard]] Result<std::unique_ptr<service::RoomAgents>> make_room_jobs(
    const RoomJobsAround& around);

}  // namespace parley::server
