// SPDX-License-Identifier: Apache-2.0
//
// An agent worker of a LiveKit server (docs/rooms/worker.md): it registers, says how busy it is,
// answers each offer of a job at once, has the jobs done by a JobRunner, and stays, whatever
// becomes of the connection, until it is drained.
//
//   worker.start(now); then on_open, on_message, on_lost as they come, and poll when next() is past
//   worker.drain(now); … until is_over()
//
// A job is promised a place with the answer; where LiveKit gives it to somebody else, the place is
// free again after kAssignmentPatience. Jobs go on without the connection, and are told to the
// server when there is one again.
//
// No sockets, no clock: everything has the time as a parameter. Threads: one owner (the link's
// thread), but `report`, which is for any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "protocol/room/worker_message.h"
#include "service/dispatch/job_runner.h"
#include "service/dispatch/worker_link.h"

namespace parley::service {

struct AgentWorkerOptions {
  std::string url{};         // of LiveKit: ws:// or wss://
  std::string agent_name{};  // empty: it is given a job in every new room
  std::string version{};     // of this program
  protocol::Job::Kind kind = protocol::Job::Kind::room;
  std::size_t jobs_max = 100;
  double load_max = 0.85;  // of JobRunner::load
  Nanos drain_max = std::chrono::seconds(10);
};

/// For people and programs that look at it.
struct WorkerReport {
  enum class State : std::uint8_t { connecting, registered, waiting, draining, over };
  State state = State::connecting;
  std::string worker_id;       // LiveKit's name for it, of this connection
  std::string server_version;  // LiveKit's
  std::size_t jobs = 0;        // running
  std::size_t promised = 0;    // answered with yes, and not assigned yet
  double load = 0.0;           // as LiveKit was told last
  bool is_full = false;
  std::optional<std::string> trouble;                      // why it gets no jobs
  std::vector<std::pair<std::string, std::string>> rooms;  // of the running jobs: id, room
};
[[nodiscard]] std::string_view to_string(WorkerReport::State state) noexcept;

class AgentWorker {
 public:
  static constexpr Nanos kUpdateInterval = std::chrono::milliseconds(2'500);
  /// To be registered once the socket is open; the server's own is as long.
  static constexpr Nanos kRegisterPatience = std::chrono::seconds(10);
  static constexpr Nanos kAssignmentPatience = std::chrono::milliseconds(7'500);
  static constexpr Nanos kPingInterval = std::chrono::seconds(30);
  static constexpr Nanos kPongPatience = std::chrono::seconds(10);
  /// Between two attempts: 0, 2, 4, … seconds, at most this.
  static constexpr Nanos kRetryMax = std::chrono::seconds(10);
  /// Where another attempt will hardly help before somebody has done something.
  static constexpr Nanos kRefusedRetry = std::chrono::seconds(30);
  /// Ends of jobs that are kept for a server that is away; older ones are forgotten.
  static constexpr std::size_t kEndsKeptMax = 256;
  /// Of LiveKit's agent protocol; a later one is warned of.
  static constexpr int kAgentProtocol = 1;

  /// All outlive it; a job may end later than that.
  AgentWorker(AgentWorkerOptions options, WorkerLink& link, JobRunner& runner, Metrics& metrics);
  ~AgentWorker();
  AgentWorker(const AgentWorker&) = delete;
  AgentWorker& operator=(const AgentWorker&) = delete;

  void start(Instant now);
  void on_open(Instant now);
  void on_message(const protocol::ServerMessage& message, Instant now);
  /// What came is no message: `why` says what is wrong with it.
  void on_nonsense(const std::string& why, Instant now);
  void on_lost(const LinkLoss& loss, Instant now);
  /// What is due by now, and what jobs have ended.
  void poll(Instant now);
  /// When `poll` has something to do again, unless the link wakes it before.
  [[nodiscard]] Instant next() const;

  /// A job that LiveKit gave to another worker, which is gone or wants to go. False: this one
  /// takes none, or has it.
  [[nodiscard]] bool adopt(JobAssignment assignment, Instant now);
  /// No jobs any more. Those that run finish, at most drain_max, then it is over.
  void drain(Instant now);
  [[nodiscard]] bool is_over() const { return state_ == State::over; }
  /// Threads: any.
  [[nodiscard]] WorkerReport report() const;

 private:
  enum class State : std::uint8_t { idle, connecting, registering, registered, waiting, over };
  /// Ends of jobs on their way from the runner's threads. Threads: any.
  class Ends;

  void connect();
  void register_anew(const protocol::Registered& registered, Instant now);
  void answer(const protocol::JobOffer& offer, Instant now);
  void assign(const protocol::JobAssigned& assigned, Instant now);
  void begin(JobAssignment assignment);
  void terminate(const std::string& job_id, Instant now);
  void finish(const std::string& job_id, const Status& status);
  void finish_ended(Instant now);
  void lose(std::string trouble, Nanos pause, Instant now);
  void forget_promises(Instant now);
  void look_at_drain(Instant now);
  void end();
  void update(Instant now);
  void update_if_changed(Instant now);
  void send_end(protocol::JobUpdate end);
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool is_registered() const { return state_ == State::registered; }
  [[nodiscard]] std::size_t places_taken() const { return jobs_.size() + promises_.size(); }
  [[nodiscard]] Nanos pause_after_failure(Instant now);
  [[nodiscard]] std::string trouble_of(const LinkLoss& loss) const;
  void publish();

  const AgentWorkerOptions options_;
  WorkerLink& link_;
  JobRunner& runner_;
  Counter& answered_yes_;
  Counter& answered_full_;
  Counter& answered_draining_;
  Counter& answered_faulty_;
  Counter& answered_unwanted_;
  Counter& reconnects_;
  Counter& succeeded_;
  Counter& failed_;
  Counter& cut_;
  Gauge& connected_;
  Gauge& running_;
  Gauge& load_percent_;

  State state_ = State::idle;
  bool is_draining_ = false;
  bool told_full_ = false;  // with the last update
  bool was_registered_ = false;
  int failures_ = 0;  // in a row: attempts, and connections that did not last
  std::optional<std::string> trouble_;
  std::string worker_id_;
  std::string server_version_;
  double load_ = 0.0;
  Instant registered_at_{};
  Instant connect_at_ = Instant::never();
  Instant registered_by_ = Instant::never();
  Instant update_at_ = Instant::never();
  Instant ping_at_ = Instant::never();
  Instant pong_by_ = Instant::never();
  Instant drained_by_ = Instant::never();
  std::map<std::string, std::string> jobs_;  // by id: the room; at most jobs_max
  std::map<std::string, Instant> promises_;  // by id: until when
  std::deque<protocol::JobUpdate> untold_;   // at most kEndsKeptMax
  std::shared_ptr<Ends> ends_;               // shared with each job's `done`
  mutable std::mutex report_mutex_;          // held for a copy
  WorkerReport report_;                      // GUARDED_BY(report_mutex_)
};

}  // namespace parley::service
