// SPDX-License-Identifier: Apache-2.0
//
// Jobs of rooms that outlive their worker: around the runner that does them, with a lease for each
// (service/dispatch/job_leases.h) in a place that all workers share. A job of a worker that died,
// or that drains, is taken over: LiveKit, which gives a job to nobody a second time, is asked
// whether its room is still there, and our agent enters with a token of our own. Of a dead worker's
// agent it has the identity, so that LiveKit puts that one out.
//
//   worker ──start──▶ LeasedJobs ──▶ RoomJobs
//   leases ──take over──▶ LiveKit: is the room there? ──▶ worker.adopt ──start──▶ …
//
// What blocks on the place does so on a thread of its own. Threads: as JobRunner; construction,
// `serve` and `stop` one owner.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/wait_thread.h"
#include "server/rooms/livekit_address.h"
#include "service/dispatch/agent_worker.h"
#include "service/dispatch/job_leases.h"
#include "service/dispatch/job_runner.h"
#include "store/lease_backend.h"
#include "transport/client/http_client.h"
#include "transport/client/http_post.h"

namespace parley::server {

class LeasedJobs final : public service::JobRunner,
                         private service::LeaseListener,
                         private exec::Waitable {
 public:
  /// Between two questions whether a room is there, when LiveKit does not answer; then it is given
  /// up.
  static constexpr Millis kRoomAskPause{1'000};
  static constexpr int kRoomAsksMax = 5;
  /// What waits for the thread: beginnings and ends of jobs, and answers. Further ones are lost
  /// (logged).
  static constexpr std::size_t kLeaseCommandsMax = 65'536;

  struct Options {
    LiveKitAddress address;
    service::LeaseOptions leases;
    std::size_t jobs_max = 100;
    std::string agent_name{};  // of the worker
    Millis drain_max{10'000};  // of other workers, too
  };
  /// The worker, as they need it. Threads: any.
  struct Worker {
    std::function<service::WorkerReport()> report;
    std::function<void(service::JobAssignment, std::function<void()> refused)> adopt;
  };

  /// `jobs`, `clock` and `metrics` outlive it. `poster`: of tests; empty: over the network.
  LeasedJobs(service::JobRunner& jobs, std::unique_ptr<store::LeaseBackend> backend,
             Options options, const Clock& clock, Metrics& metrics, transport::Poster poster = {});
  ~LeasedJobs() override;

  /// Begins to renew and to look. Once.
  void serve(Worker worker);
  /// The worker is not called any more. What has ended is released; what has not expires, and is
  /// others'. Idempotent.
  void stop();

  void start(service::JobAssignment assignment, std::function<void(Status)> done) override;
  void terminate(const std::string& job_id) override { jobs_.terminate(job_id); }
  void drain() override;
  void leave(const std::string& job_id, const std::string& successor) override;
  [[nodiscard]] double load() const override { return jobs_.load(); }
  [[nodiscard]] std::string name_of(const protocol::Job& job) const override {
    return jobs_.name_of(job);
  }
  [[nodiscard]] bool wants(const protocol::Job& job) const override { return jobs_.wants(job); }

 private:
  using Command = std::function<void()>;
  /// A job of ours whose agent is not in its room yet.
  struct Coming {
    protocol::KeptJob kept;
    std::string predecessor;
    int asks = 0;
    Instant ask_at = Instant::never();  // never: LiveKit has been asked
  };

  void post(Command command);
  void wait() noexcept override;
  void interrupt() noexcept override;
  void run_commands();

  void take_over(const protocol::KeptJob& kept, const std::string& predecessor) override;
  void lose(const std::string& job_id) override;
  void ask_for_rooms();
  void ask_for_room(Coming& coming);
  void hear_of_room(const std::string& job_id, const Result<transport::HttpAnswer>& answer);
  void adopt(const Coming& coming);
  void forget(const std::string& job_id, const std::string& why);
  [[nodiscard]] service::WorkerSlack slack() const;

  service::JobRunner& jobs_;
  const std::unique_ptr<store::LeaseBackend> backend_;
  const Options options_;
  const Clock& clock_;
  Worker worker_;
  transport::HttpClient http_;
  const transport::Poster poster_;

  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Command> commands_;  // GUARDED_BY(mutex_)
  bool is_over_ = false;          // GUARDED_BY(mutex_)

  // The thread's.
  service::JobLeases leases_;
  std::map<std::string, Coming> coming_;  // by job

  std::unique_ptr<exec::WaitThread> thread_;  // last: it uses the others
};

}  // namespace parley::server
