// SPDX-License-Identifier: Apache-2.0
//
// Who does the jobs that a worker is given; the server fills it in (server/rooms/room_jobs.h).
//
// Threads: any; each call returns at once.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/room/job.h"

namespace parley::service {

struct JobAssignment {
  protocol::Job job;
  std::string url;    // of the room's server: ws:// or wss://
  std::string token;  // enters the room
  /// Another worker had the job. `predecessor`: identity of that worker's agent, where it is still
  /// in the room; it leaves within `predecessor_patience`.
  bool takes_over = false;
  std::string predecessor = {};
  Millis predecessor_patience{0};
};

class JobRunner {
 public:
  virtual ~JobRunner() = default;
  /// `done` once, from any thread, when the job has ended: also when it could not begin.
  virtual void start(JobAssignment assignment, std::function<void(Status)> done) = 0;
  /// LiveKit wants it ended. `done` follows; of a job that has ended already, nothing does.
  virtual void terminate(const std::string& job_id) = 0;
  /// Each job finishes what is being said, then leaves its room.
  virtual void drain() = 0;
  /// One job does so, but where there is a `successor` (an identity) not before it is in the room.
  virtual void leave(const std::string& /*job_id*/, const std::string& /*successor*/) {}
  /// 0 to 1: how much of what the models can do is used.
  [[nodiscard]] virtual double load() const = 0;
  /// What the participant is called that the agent will be; empty: as the worker says.
  [[nodiscard]] virtual std::string name_of(const protocol::Job& /*job*/) const { return {}; }
  /// Whether it is to be done here at all; another worker is asked otherwise.
  [[nodiscard]] virtual bool wants(const protocol::Job& /*job*/) const { return true; }
};

}  // namespace parley::service
