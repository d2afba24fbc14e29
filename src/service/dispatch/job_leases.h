// SPDX-License-Identifier: Apache-2.0
//
// Which workers have which jobs, so that a job outlives its worker: each job that runs has a lease
// in a place that all workers share. A worker renews those of its jobs; what nobody renews any
// more, or what a worker that wants to go offers, another claims, and one alone gets it.
//
//   leases.begin(kept, now); …; leases.poll(slack, now) when next() is past; leases.end(id)
//   leases.offer_all(now)         // drain: the listener is told who comes for each, or nobody
//
// Whoever has more to do looks later, so that jobs go to who has less. While the place is away
// nothing changes, and afterwards all holders have time to renew before anybody claims. A job whose
// workers die one after the other is given up: it may be what kills them.
//
// No threads, no clock: calls of the place block. Threads: one owner.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "protocol/room/kept_job.h"
#include "store/lease_backend.h"

namespace parley::service {

struct LeaseOptions {
  std::string holder{};  // of this process alone
  Millis life{3'000};    // without a word of it, its jobs are others'
};

/// What a worker has left.
struct WorkerSlack {
  bool takes_jobs = false;
  double load = 0.0;       // 0 to 1
  std::size_t places = 0;  // for further jobs
};

/// Called from within `poll`; must not call the leases.
class LeaseListener {
 public:
  virtual ~LeaseListener() = default;
  /// A job of another worker is ours. `predecessor`: identity of its agent, which is still in the
  /// room and leaves when ours is there; empty: it is gone, and ours is called as it was.
  virtual void take_over(const protocol::KeptJob& kept, const std::string& predecessor) = 0;
  /// Another worker took one of ours for dead: its agent must leave at once.
  virtual void lose(const std::string& job_id) = 0;
  /// One that was offered: its agent may leave. `successor`: identity of the agent that comes in
  /// its place; empty: nobody wants it for the time being.
  virtual void leave(const std::string& job_id, const std::string& successor) = 0;
};

class JobLeases {
 public:
  static constexpr Nanos kLookInterval = std::chrono::milliseconds(500);
  /// A lease is renewed so often in its life.
  static constexpr int kRenewalsPerLife = 3;
  /// Whoever is at the limit of its load looks so much later than one that is idle.
  static constexpr Nanos kLoadDelayMax = std::chrono::seconds(1);
  /// At one look; the next is soon, and load will have been measured again.
  static constexpr std::size_t kClaimsPerLookMax = 8;
  static constexpr std::size_t kDuePerLookMax = 64;
  /// Of an offer; then its agent goes, and whoever comes later finds the room without one.
  static constexpr Nanos kOfferPatience = std::chrono::seconds(2);
  /// Workers that a job may kill, one soon after the other.
  static constexpr int kDeathsMax = 3;
  /// What nobody wanted for so long is thrown away.
  static constexpr Millis kForgottenAfter = std::chrono::minutes(10);
  /// Ends that the place could not be told; the oldest are forgotten.
  static constexpr std::size_t kReleasesKeptMax = 256;

  /// All outlive it.
  JobLeases(LeaseOptions options, store::LeaseBackend& backend, LeaseListener& listener,
            Metrics& metrics);

  /// A job that runs here from now on; also one that was taken over.
  void begin(protocol::KeptJob kept, Instant now);
  /// It is over. One that is offered stays so: its room may want an agent still.
  void end(const std::string& job_id);
  /// This worker wants to go: its jobs are for others, and it claims none any more.
  void offer_all(Instant now);
  void poll(const WorkerSlack& slack, Instant now);
  [[nodiscard]] Instant next() const;
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  struct Held {
    protocol::KeptJob kept;
    bool is_put = false;  // the place knows it
    Instant offered_by = Instant::never();
    bool is_offered = false;
  };

  void put(Held& held);
  void renew(Instant now);
  void settle(const std::string& id, store::LeaseState state);
  void release(const std::string& id);
  void look(const WorkerSlack& slack, Instant now);
  /// True: it is ours.
  bool claim(const store::DueLease& due);
  void note(bool has_answered, Instant now);

  const LeaseOptions options_;
  store::LeaseBackend& backend_;
  LeaseListener& listener_;
  Counter& taken_over_;
  Counter& handed_over_;
  Counter& lost_;
  Counter& given_up_;
  Counter& forgotten_;
  Counter& failures_;
  std::map<std::string, Held> held_;
  std::deque<std::string> unreleased_;  // at most kReleasesKeptMax
  bool is_draining_ = false;
  Instant renew_at_{};
  Instant look_at_{};
  Instant answers_since_ = Instant::never();  // never: the place is away
};

}  // namespace parley::service
