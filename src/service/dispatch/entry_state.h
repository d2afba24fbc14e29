// SPDX-License-Identifier: Apache-2.0
//
// One job of an EntryPoint: between the program's thread, which runs the entry point and waits
// here, and the room's threads, which leave events. The job is over when the entry point has
// returned and its agent has left.
//
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "exec/runnable.h"
#include "service/dispatch/entry_point.h"
#include "service/dispatch/room_agents.h"

namespace parley::service {

/// Events that wait for a program; of more the oldest are lost (counted).
inline constexpr std::size_t kAgentEventsMax = 1'024;

class EntryState final : public exec::Runnable, public std::enable_shared_from_this<EntryState> {
 public:
  using Function = std::function<Status(EntryJob&)>;

  /// `function` and `lost` outlive it; `agents` until `let_go`.
  EntryState(const Function& function, JobAssignment assignment, RoomAgents& agents, Counter& lost,
             std::function<void(Status)> done);

  /// The whole entry point, on the job's own thread.
  void run() noexcept override;
  /// The worker is draining, or LiveKit wants the job ended.
  void end_comes(EndComes::Why why);
  /// The agents go away: nothing is commanded any more.
  void let_go();
  [[nodiscard]] bool has_returned() const;
  /// `done` was called.
  [[nodiscard]] bool is_over() const;

  // For the program; see entry_point.h.
  [[nodiscard]] const protocol::Job& facts() const { return assignment_.job; }
  [[nodiscard]] bool is_ending() const;
  [[nodiscard]] std::string identity() const;
  Status begin_join(protocol::AgentOrder order);
  /// Until the agent is in, or is not.
  Status wait_until_in();
  Status command(room::Command command);
  Status leave();
  std::optional<AgentEvent> next_of_agent();
  std::optional<AgentEvent> next_of_job();
  Status wait_until_left();
  void refuse(std::string command, std::string why);
  void dismiss();

 private:
  enum class Agent : std::uint8_t { none, joining, in, left };

  Status call();
  void take(AgentEvent event);
  void agent_left(Status why);
  void keep(AgentEvent event);  // with the lock
  [[nodiscard]] bool has_agent() const { return agent_ == Agent::joining || agent_ == Agent::in; }
  [[nodiscard]] std::optional<AgentEvent> pop();  // with the lock
  Status with_agent(const std::function<void(RoomAgents&)>& what);
  void finish(std::unique_lock<std::mutex> lock);

  const Function& function_;
  const JobAssignment assignment_;
  Counter& lost_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RoomAgents* agents_;                // GUARDED_BY(mutex_) as all below; null: gone
  std::function<void(Status)> done_;  // empty: was called
  std::deque<AgentEvent> events_;     // at most kAgentEventsMax
  std::string identity_;
  Agent agent_ = Agent::none;
  bool was_in_ = false;  // since it was sent
  Status left_;          // why the agent did
  Status returned_;      // what the entry point did
  bool is_ending_ = false;
  bool is_dismissed_ = false;
  bool ignores_events_ = false;
  bool has_returned_ = false;
};

}  // namespace parley::service
