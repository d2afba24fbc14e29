// SPDX-License-Identifier: Apache-2.0
//
// What an agent worker and a LiveKit server tell each other over the WebSocket `/agent`
// (docs/rooms/worker.md), as types; worker_proto.h makes bytes of them.
//
//   → RegisterWorker               ← Registered         within 10 s, and before all others
//   → WorkerUpdate                                      every few seconds: how busy it is
//   ← JobOffer                     → JobAnswer          within 10 s, or the job is lost
//   ← JobAssigned                  → JobUpdate          running, then success or failed
//   ← JobTerminated
//
// Threads: value types.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "protocol/room/job.h"

namespace parley::protocol {

// From the worker.

struct RegisterWorker {
  Job::Kind kind = Job::Kind::room;
  std::string version;     // of the worker's program
  std::string agent_name;  // empty: it is given a job in every new room
};
struct JobAnswer {
  std::string job_id;
  bool is_available = false;
  bool is_unwanted = false;  // the job is over: no other worker is asked
  std::string name = {};     // of the participant that the agent will be
  std::string identity = {};
  std::string metadata = {};
  std::map<std::string, std::string> attributes = {};
};
struct WorkerUpdate {
  bool is_full = false;
  float load = 0.0F;  // 0 to 1
  std::uint32_t jobs = 0;
};
struct JobUpdate {
  enum class State : std::uint8_t { running, success, failed };
  std::string job_id;
  State state = State::running;
  std::string error = {};
};
struct WorkerPing {
  std::int64_t at_ms = 0;
};
/// Jobs that ran before the connection was lost, and still do.
struct JobsGoOn {
  std::vector<std::string> job_ids;
};
using WorkerMessage =
    std::variant<RegisterWorker, JobAnswer, WorkerUpdate, JobUpdate, WorkerPing, JobsGoOn>;

// From the server.

struct Registered {
  std::string worker_id;
  std::string server_version;
  std::string node_id;
  int agent_protocol = 0;
};
struct JobOffer {
  Job job;
  bool is_resumed = false;   // another worker had it before
  std::string trouble = {};  // what is wrong with it: it must be answered all the same
};
struct JobAssigned {
  Job job;
  std::string url;    // of the room's server; empty: the worker's own
  std::string token;  // enters the room
};
struct WorkerPong {
  std::int64_t ping_at_ms = 0;
  std::int64_t at_ms = 0;
};
struct JobTerminated {
  std::string job_id;
};
/// A kind of message that later versions have.
struct UnknownMessage {};
using ServerMessage =
    std::variant<UnknownMessage, Registered, JobOffer, JobAssigned, WorkerPong, JobTerminated>;

}  // namespace parley::protocol
