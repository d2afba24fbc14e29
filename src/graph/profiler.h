// SPDX-License-Identifier: Apache-2.0
//
// Where the time of a graph goes: for each node how often it is called, how long a call takes, how
// long frames wait for it, how many wait, how many are dropped, how large its batches are; and the
// chain of nodes on which a frame spends most.
//
//   Profiler profiler(clock);
//   PipelineContext context{…, .profiler = &profiler};    // or Pipeline::set_profiler
//   …
//   std::cout << to_table(profiler.report());             // any thread, any time
//
// A pipeline without a profiler pays for two looks at a null pointer in each call. With one, a call
// that is timed costs a look at the processor's counter (tick_clock.h) and some additions: nothing
// allocates, and no instruction is locked, because each pipeline writes to a part of its own.
//
// Counts are exact. Timed are the first 1024 runs of a pipeline and one in four after that: times,
// depths, batches and traces are of these. Calls that find nothing to do are counted apart. Of the
// frames that wait in a queue, one at a time carries a stamp.
//
// Threads: Profiler any; PipelineProfile the strand of its pipeline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log_histogram.h"
#include "base/tick_clock.h"
#include "graph/operator.h"
#include "graph/profile_report.h"
#include "graph/queue_probe.h"
#include "graph/trace_ring.h"

namespace parley::graph {

/// What one pipeline writes. It outlives the pipeline.
class PipelineProfile {
 public:
  using Edges = std::vector<std::pair<std::string, std::string>>;
  static constexpr std::uint64_t kRunsTimedFirst = 1024;
  static constexpr std::uint64_t kTimeEach = 4;  // of the runs after these, one in so many

  PipelineProfile(const TickClock& ticks, std::string name, std::vector<std::string> nodes,
                  std::size_t events_max);

  /// `op` stands in the place of node `index` from now on: its inputs are watched.
  void bind(std::size_t index, Operator& op);
  /// The pipeline is watched no longer.
  void unbind();

  /// Pipeline::run begins.
  void begin_run() noexcept {
    begun_ = 0;
    is_timing_ = times_next_run_;
    ++runs_;
    times_next_run_ = runs_ < kRunsTimedFirst || runs_ % kTimeEach == 0;
  }
  /// What comes now is no call of `process`. Without this the next call begins where the one before
  /// it ended, which saves a look at the clock.
  void pause() noexcept { begun_ = 0; }
  /// A frame was pushed to the input that `probe` watches. It waits from the end of the call that
  /// pushed it.
  void note_queued(QueueProbe& probe) noexcept {
    ++probe.pushed;
    if (probe.stamped != 0 || !(is_calling_ ? is_timing_ : times_next_run_)) return;
    probe.stamped = probe.pushed;
    ++stamps_;
    if (is_calling_ && unstamped_ < kUnstampedMax) {
      to_stamp_[unstamped_++] = &probe;
    } else {
      probe.at = ticks_.now();
    }
  }
  void before_call() noexcept {
    is_calling_ = true;
    if (begun_ == 0 && (is_timing_ || stamps_ != 0)) begun_ = ticks_.now();
  }
  void after_call(std::size_t index, bool moved, bool failed) noexcept;
  /// The operator that is being called gave `items` away as one batch.
  void note_batch(std::size_t index, std::size_t items) noexcept;

 private:
  friend class Profiler;
  struct Input;
  struct Node;
  static constexpr std::size_t kUnstampedMax = 8;
  std::uint64_t note_waits(Node& node, std::uint64_t begun) noexcept;

  const TickClock& ticks_;
  std::string name_;
  std::vector<std::unique_ptr<Node>> nodes_;
  TraceRing events_;
  std::uint64_t runs_ = 0;
  bool is_timing_ = true;  // this run
  bool times_next_run_ = true;
  bool is_calling_ = false;
  std::uint64_t begun_ = 0;   // ticks: the call that is being made or comes next; 0: not known
  std::uint64_t stamps_ = 0;  // frames that carry one now
  std::size_t unstamped_ = 0;
  std::array<QueueProbe*, kUnstampedMax> to_stamp_{};  // at the end of the call
};

class Profiler {
 public:
  static constexpr std::size_t kEventsMaxDefault = 16'384;
  struct Options {
    std::size_t events_max = kEventsMaxDefault;  // of each pipeline, for traces; 0: none
  };

  /// `clock` outlives it.
  explicit Profiler(const Clock& clock) : Profiler(clock, Options{}) {}
  Profiler(const Clock& clock, Options options);
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;
  ~Profiler();

  /// For pipelines: `name` is what reports call this one, `nodes` are in topological order, `edges`
  /// go from node to node. Allocates.
  PipelineProfile& add_pipeline(std::string_view name, std::vector<std::string> nodes,
                                const PipelineProfile::Edges& edges);
  /// An edge that no pipeline knows, because it leads from one to another; once is enough.
  void add_edge(std::string_view from, std::string_view to);

  [[nodiscard]] ProfileReport report() const;
  /// The last calls as Chrome's trace event format (JSON), for chrome://tracing or Perfetto: a
  /// process for the graph, a thread for each pipeline, a slice for each call.
  [[nodiscard]] std::string to_chrome_trace() const;

 private:
  const TickClock ticks_;
  const Options options_;
  mutable std::mutex mutex_;                                // control path only
  std::vector<std::unique_ptr<PipelineProfile>> profiles_;  // GUARDED_BY(mutex_)
  std::set<std::pair<std::string, std::string>> edges_;     // GUARDED_BY(mutex_)
};

}  // namespace parley::graph
