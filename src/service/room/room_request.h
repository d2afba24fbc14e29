// SPDX-License-Identifier: Apache-2.0
//
// What an agent is to do in a room, after its job's metadata was parsed. Threads: value types.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "room/agent_graph.h"
#include "service/realtime/allowance.h"
#include "service/room/agent_event.h"

namespace parley::service {

/// What was said in a room, and what it came to.
struct Minutes {
  struct Line {
    std::string speaker{};
    std::string text{};
    std::int64_t at_ms = 0;  // since the agent came
  };
  std::string job{};
  std::string room{};
  std::vector<Line> lines{};
  std::string text{};  // written by the language model; empty: it could not
};

/// Where minutes go. Threads: the session's strand; must return at once.
using MinutesSink = std::function<void(Minutes)>;

struct RoomRequest {
  std::string job{};                                // its id, in logs
  std::string room_sid{};                           // LiveKit's id of its room; empty: any
  std::string agent{};                              // what it is: "assistant"
  std::string name{};                               // how people call it
  std::string participant{};                        // identity: only he is heard; empty: everybody
  std::string instructions{};                       // empty: the server's own
  std::string voice{};                              // empty: likewise
  std::string greeting{};                           // empty: others speak first
  std::string to{};                                 // language of `translations`, ISO 639-1
  std::shared_ptr<const room::AgentGraph> graph{};  // shared by all rooms of this agent
  MinutesSink minutes{};                            // empty: nobody wants them
  std::shared_ptr<Allowance> allowance = {};        // null: no limits
  std::string owner = {};                           // whose conversations and speakers
  AgentEventSink events = {};                       // empty: nobody is told
  std::string conversation = {};                    // its id, where it is kept; empty: it is not
  /// It goes on in the place of an agent that is gone, or wants to go.
  bool takes_over = false;
  std::string predecessor = {};    // identity of that agent, while it is still there
  Millis predecessor_patience{0};  // until it leaves
  /// It leaves a room in which nobody else was for so long; 0: it stays. LiveKit ends such rooms
  /// itself, but may forget one that was deleted while its agent came.
  Millis alone_max{0};
};

}  // namespace parley::service
