// SPDX-License-Identifier: Apache-2.0
//
// Jobs whose agent a program chooses and commands; the server fills it in, as JobRunner. A job of
// `join` is one of `start` in all else: `terminate`, `drain` and `load` are for both.
//
// Threads: any; each call returns at once.
#pragma once

#include <functional>
#include <string>

#include "protocol/room/agent_order.h"
#include "room/room_event.h"
#include "service/dispatch/job_runner.h"
#include "service/room/agent_event.h"

namespace parley::service {

/// Where an agent goes, and what it is; its job's metadata is not looked at.
struct AgentWish {
  JobAssignment assignment;
  /// `agent` may also be the path of a graph file, *.yaml; empty: the worker's own choice.
  protocol::AgentOrder order;
  AgentEventSink events;
};

class RoomAgents : public JobRunner {
 public:
  /// `done` as of `start`. One agent of a job at a time.
  virtual void join(AgentWish wish, std::function<void(Status)> done) = 0;
  /// Of a job that has no agent in a room, nothing happens.
  virtual void command(const std::string& job_id, room::Command command) = 0;
  /// The agent leaves as soon as nobody speaks; `done` follows.
  virtual void finish(const std::string& job_id) = 0;
};

}  // namespace parley::service
