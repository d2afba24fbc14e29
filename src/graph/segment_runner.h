// SPDX-License-Identifier: Apache-2.0
//
// One segment of a running graph: a pipeline on a strand, with the links that lead in and out; and
// what all segments of a runner share.
//
// When is a graph quiet? Each frame on its way between strands, each slice that runs and each
// strand that was told of room holds a token in `RunnerCore::pending`. A segment gives back what it
// was given when its slice ends with nothing left to do; so zero means that no strand has anything
// to do until a timer, a model or a push brings something new.
//
// Threads: stated at each function.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exec/futex.h"
#include "exec/strand.h"
#include "graph/link.h"
#include "graph/pipeline.h"
#include "graph/segment.h"

namespace parley::graph {

class SegmentRunner;

/// What the segments of one runner share. Threads: any.
class RunnerCore {
 public:
  RunnerCore(const Clock& its_clock, Metrics& metrics)
      : clock(its_clock), errors_lost_total_(errors_lost_counter(metrics)) {}

  const Clock& clock;
  std::vector<std::unique_ptr<SegmentRunner>> segments;  // fixed once they run
  exec::Waker job_waker;                                 // the strand that serves `run`
  std::atomic<std::uint64_t> pending{0};
  std::atomic<bool> has_job{false};
  std::atomic<bool> is_over{false};  // failed or stopped
  std::atomic<media::Turn> turn{media::kAnyTurn};
  exec::FutexWord output_news{0};  // counts; poll_until sleeps on it
  std::atomic<int> sleepers{0};    // on it

  void tell_producer(const LinkBase& link) noexcept;
  void tell_consumer(const LinkBase& link, std::size_t frames) noexcept;
  void give_back(std::uint64_t tokens) noexcept;
  void wake_sleepers() noexcept;

  // Errors are rare: a lock may guard them.
  void fail(const Error& error);
  [[nodiscard]] std::optional<Error> failure() const;
  void add_error(media::ErrorEvent event);
  [[nodiscard]] std::optional<media::ErrorEvent> take_error();
  [[nodiscard]] std::uint64_t errors_lost() const;
  void set_handler(ErrorHandler handler);
  ErrorPolicy handle(const Failure& failure);

 private:
  mutable std::mutex mutex_;
  std::optional<Error> failure_;          // GUARDED_BY(mutex_)
  std::deque<media::ErrorEvent> errors_;  // GUARDED_BY(mutex_)
  std::uint64_t errors_lost_ = 0;         // GUARDED_BY(mutex_)
  Counter& errors_lost_total_;            // of all graphs
  std::mutex handler_mutex_;              // held while the handler runs: one at a time
  ErrorHandler handler_;                  // GUARDED_BY(handler_mutex_)
};

class SegmentRunner final : public exec::StrandBody {
 public:
  /// Steps between two looks at links and clock.
  static constexpr std::size_t kStepsPerLook = 32;
  /// Looks in a slice; the time limit is exec::kSliceTime.
  static constexpr std::size_t kLooksMax = 64;

  SegmentRunner(RunnerCore& core, exec::Executor& executor);
  /// `context.waker` is replaced by this strand's own. Threads: control, before the first slice.
  Status open(Segment segment, PipelineContext context, const std::vector<LinkBase*>& in,
              const std::vector<LinkBase*>& out);
  /// After this the pipeline is never run again; closes it. Threads: control.
  void close() noexcept;

  /// Runs soon, holding `tokens` more. Threads: any.
  void nudge(std::uint64_t tokens) noexcept;
  void wake() noexcept { strand_->wake(); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<std::string>& nodes() const { return nodes_; }
  [[nodiscard]] Pipeline& pipeline() { return *pipeline_; }

 private:
  bool run_slice() noexcept override;
  bool run_pipeline();
  bool look();

  RunnerCore& core_;
  std::string name_;
  std::vector<std::string> nodes_;
  std::vector<LinkBase*> in_;   // system links first
  std::vector<LinkBase*> out_;  // likewise
  std::shared_ptr<exec::Strand> strand_;
  std::unique_ptr<Pipeline> pipeline_;
  std::atomic<std::uint64_t> tokens_{0};
};

}  // namespace parley::graph
