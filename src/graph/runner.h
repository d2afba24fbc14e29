// SPDX-License-Identifier: Apache-2.0
//
// A graph as a thing to use: give it frames, take frames.
//
//   PARLEY_TRY(auto runner, Runner::open(std::move(spec), {.scheduler = SchedulerType::async},
//                                        {clock, timers, metrics}));
//   PARLEY_TRY(FramesByName out, runner->run({{"mic", frames}}));   // one shot
//   runner->push("mic", frame);                                     // or as a stream
//   while (auto text = runner->poll("text")) …
//
// sync: one segment, on the calling thread, in topological order; nothing runs but inside a call,
// and `push` returns when the graph is quiet. async: segments (segment.h) on strands of a worker
// pool, joined by bounded links (link.h): `push` only queues. Both work in virtual time.
//
// Every queue between segments, and at the graph's edge, holds `max_queue_size` frames; a full one
// blocks the operator before it, a full inlet refuses the push.
//
// Threads: async any, except inside an error handler; sync one at a time, and `stop` from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/manual_executor.h"
#include "exec/resource_pool.h"
#include "exec/runnable.h"
#include "exec/timer.h"
#include "graph/error_policy.h"
#include "graph/graph_spec.h"
#include "graph/link.h"
#include "graph/tap.h"
#include "graph/watchdog.h"
#include "media/frame.h"

namespace parley::graph {

class Profiler;

enum class SchedulerType : std::uint8_t { sync, async };

inline constexpr std::size_t kMaxQueueSizeDefault = 1024;  // frames

struct RunnerOptions {
  SchedulerType scheduler = SchedulerType::sync;
  /// Frames in each queue that crosses threads; at least 1, rounded up to a power of two.
  std::size_t max_queue_size = kMaxQueueSizeDefault;
  /// async without an executor: workers of its own pool; 0: one per core.
  std::size_t worker_threads = 0;
};

/// What a runner stands on; all of it outlives the runner.
struct RunnerContext {
  const Clock& clock;
  exec::TimerService& timers;
  Metrics& metrics;
  exec::Executor* executor = nullptr;  // async; null: a pool of its own
  /// Given when `clock` and `timers` are its own: `run`, `update_operator` and `poll_until` let it
  /// run, and time pass, where they would sleep.
  exec::ManualRuntime* virtual_time = nullptr;
  Tap* tap = nullptr;  // async: called from several threads
  Profiler* profiler = nullptr;
  /// async without an executor: the pool's threads run on cores leased here, as long as the runner
  /// lives. `worker_threads` cores, or with 0 all that are free now.
  exec::ResourcePool* resources = nullptr;
  /// Its findings go to the error handler too, from its thread; what that answers counts for
  /// nothing.
  Watchdog* watchdog = nullptr;
  std::string name = {};  // of the graph, in what the watchdog says
};

using FramesByName = std::map<std::string, std::vector<media::Frame>, std::less<>>;

class Runner {
 public:
  static constexpr std::size_t kJobsMax = 1024;   // calls of run_async that wait
  static constexpr std::size_t kErrorsMax = 256;  // events that wait for poll_error
  struct SegmentInfo {
    std::string name;
    std::vector<std::string> nodes;
  };

  /// Errors: those of Plan::compile and ResourcePool::try_lease; what an operator's `open` returns
  /// or throws; invalid_argument for options out of range.
  static Result<std::unique_ptr<Runner>> open(GraphSpec spec, RunnerOptions options,
                                              RunnerContext context);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner();

  /// Errors: not_found (the message names the inlets), invalid_argument for the wrong kind of
  /// frame, resource_exhausted when the inlet is full, or why the graph failed.
  Status push(std::string_view inlet, media::Frame frame);
  /// The oldest frame at an outlet; none when none waits. A wrong name is our mistake (checked).
  [[nodiscard]] std::optional<media::Frame> poll(std::string_view outlet);
  /// The same, but sleeps for one until `until`, a time on the SteadyClock or in virtual time. None
  /// also when the graph failed or was stopped.
  [[nodiscard]] std::optional<media::Frame> poll_until(std::string_view outlet, Instant until);

  /// One shot: pushes all, waits until the graph is quiet and nobody `is_busy`, and gives all that
  /// came out, by outlet. Not together with push and poll: their frames would be mixed.
  /// Errors: those of push; why the graph failed; cancelled by `stop`; in virtual time
  /// deadline_exceeded when an operator waits for what no timer brings.
  Result<FramesByName> run(FramesByName inputs);
  /// The same by future, one after the other. sync: it is ready on return.
  std::future<Result<FramesByName>> run_async(FramesByName inputs);

  /// Hot update (hot_update.h). Returns when the new operator is in place and the old one freed.
  Status update_operator(std::string_view id, std::unique_ptr<Operator> op);
  /// See error_policy.h; called on the thread where the operator failed, by one thread at a time.
  void set_error_handler(ErrorHandler handler);
  /// What policies report, oldest first; beyond kErrorsMax the oldest is dropped and counted.
  [[nodiscard]] std::optional<media::ErrorEvent> poll_error();
  /// Interruption: overtakes every frame in every queue. Never goes back.
  void set_turn(media::Turn now);

  /// Ends everything, now; frames that wait are gone. Called by the destructor; twice is fine.
  void stop() noexcept;

  [[nodiscard]] bool failed() const;
  /// Why. REQUIRES: failed().
  [[nodiscard]] Error failure() const;
  [[nodiscard]] std::vector<LinkStats> links() const;
  [[nodiscard]] std::vector<SegmentInfo> segments() const;
  [[nodiscard]] std::uint64_t errors_lost() const;

 private:
  class Impl;
  explicit Runner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::graph
