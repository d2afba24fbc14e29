// SPDX-License-Identifier: Apache-2.0
//
// A program of one's own that does the jobs of a worker (docs/rooms/own-agents.md): it sends one of
// Parley's agents into the job's room, is told what happens there, and commands it.
//
//   EntryPoint entry;
//   entry.entrypoint = [](EntryJob& job) -> Status {
//     PARLEY_TRY(RoomAgent agent, job.join({.agent = "assistant", .greeting = "Hello!"}));
//     while (std::optional<AgentEvent> event = agent.next()) …
//     return {};
//   };
//
// Sound never comes here: what a program does late, nobody hears late.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "protocol/room/agent_order.h"
#include "protocol/room/job.h"
#include "service/room/agent_event.h"

namespace parley::service {

class EntryState;

/// An agent in the room of a job. Copies are the same agent. Threads: any.
class RoomAgent {
 public:
  explicit RoomAgent(std::shared_ptr<EntryState> state) : state_(std::move(state)) {}

  [[nodiscard]] std::string identity() const;

  // Errors of these: failed_precondition when it is in the room no more. What the agent cannot do
  // comes back as CommandRefused.

  /// Says exactly this, instead of what it is saying; as soon as nobody else speaks.
  Status say(std::string text);
  /// What it is saying, or about to say, ends here.
  Status interrupt();
  /// From the next reply on.
  Status set_instructions(std::string instructions);
  /// Finishes what it is saying, then leaves; AgentLeft follows.
  Status leave();

  /// What happens next; waits for it. Nothing after AgentLeft. Of events that nobody takes,
  /// kAgentEventsMax are kept; the oldest are lost then, and counted.
  std::optional<AgentEvent> next();
  /// Until it has left, whatever happens before. Errors: why it could not stay.
  Status wait();

 private:
  std::shared_ptr<EntryState> state_;  // shared with the job
};

/// Threads: any, as long as the entry point has not returned.
class EntryJob {
 public:
  explicit EntryJob(std::shared_ptr<EntryState> state) : state_(std::move(state)) {}

  [[nodiscard]] const protocol::Job& facts() const;
  /// The job will be over soon: EndComes was told, or would have been.
  [[nodiscard]] bool is_ending() const;

  /// Waits until the agent is in the room. Errors: those of the order (invalid_argument,
  /// not_found), of the room (unavailable), failed_precondition while another agent of the job is
  /// there, cancelled when the job is ending.
  Result<RoomAgent> join(protocol::AgentOrder order);

  // For programs that give each job's events to somebody else.

  /// Without waiting: AgentEntered or AgentLeft follows. Errors: those that show at once.
  Status begin_join(protocol::AgentOrder order);
  /// The agent, whether it is in the room or not.
  [[nodiscard]] RoomAgent agent() const { return RoomAgent(state_); }
  /// What happens next, also before and after an agent's time. Nothing after `dismiss`.
  std::optional<AgentEvent> next();
  /// `next` gives a CommandRefused.
  void refuse(std::string command, std::string why);
  /// `next` waits no more.
  void dismiss();

 private:
  std::shared_ptr<EntryState> state_;  // shared with who runs the job
};

struct EntryPoint {
  /// Once, when models are loaded and before the worker registers. An error: it does not begin.
  std::function<Status()> prewarm = {};
  /// Whether a job is wanted; LiveKit asks the next worker otherwise. Empty: each is. It must
  /// return at once: LiveKit waits for it.
  std::function<bool(const protocol::Job&)> request = {};
  /// Once for each job, on a thread of its own. When it returns the agent stays; when it returns an
  /// error, or throws, the agent leaves and the job has failed. So it has when the agent was in the
  /// room and could not stay. Other jobs do not notice.
  std::function<Status(EntryJob&)> entrypoint;
};

}  // namespace parley::service
