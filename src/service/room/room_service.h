// SPDX-License-Identifier: Apache-2.0
//
// Opens sessions of agents in rooms. One per process; outlives its sessions. Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "agent/agent_settings.h"
#include "agent/voice_agent.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "graph/registry.h"
#include "room/room_link.h"
#include "service/realtime/conversation_log.h"
#include "service/realtime/price.h"
#include "service/room/room_request.h"
#include "service/room/room_session.h"

namespace parley::service {

struct RoomOptions {
  agent::AgentSettings defaults;             // of every agent; formats and turns are a room's
  std::size_t sessions_max = 100;            // at once; further ones are refused
  std::chrono::seconds session_max{86'400};  // then the agent leaves
  PriceTable prices = {};                    // what keys pay
  Keeping keeping = {};                      // of conversations
  std::uint64_t seed = 0;                    // sessions draw their seeds from it, in order
};

class RoomService {
 public:
  /// `context`, `executor` and `registry`, that of the graphs' operators, outlive it.
  RoomService(const agent::AgentContext& context, exec::Executor& executor,
              const graph::Registry& registry, RoomOptions options);
  ~RoomService();

  /// Errors: resource_exhausted at `sessions_max`, unavailable while draining, what the agent says.
  Result<std::shared_ptr<RoomSession>> open(RoomRequest request,
                                            std::shared_ptr<room::RoomLink> link);
  /// Rooms that agents are in.
  [[nodiscard]] std::size_t sessions() const noexcept;
  /// No more rooms; agents leave those that they are in as soon as nobody speaks.
  void drain();
  [[nodiscard]] media::BufferPool& buffers() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::service
