// SPDX-License-Identifier: Apache-2.0
//
// Serves `Runner::run` and `run_async`: one job after the other, on a strand of its own, which
// feeds the inlets as they have room, collects what comes out, and sees when the graph is quiet.
//
// Threads: stated at each function.
#pragma once

#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "exec/strand.h"
#include "graph/runner.h"
#include "graph/segment.h"
#include "graph/segment_runner.h"

namespace parley::graph {

/// The inlets and outlets, by name. Threads: any; each end has a lock, because links take one
/// producer and one consumer.
class RunnerEdge {
 public:
  RunnerEdge(RunnerCore& core, std::vector<Cut::Boundary> inlets,
             std::vector<Cut::Boundary> outlets);
  /// Why a frame cannot be pushed there at all, or the inlet's index.
  [[nodiscard]] Result<std::size_t> find_inlet(std::string_view name,
                                               const media::Frame& frame) const;
  /// False, and `frame` untouched, when it is full.
  bool push(std::size_t inlet, media::Frame& frame);
  [[nodiscard]] std::optional<std::size_t> find_outlet(std::string_view name) const;
  [[nodiscard]] std::optional<media::Frame> poll(std::size_t outlet);
  [[nodiscard]] const std::vector<Cut::Boundary>& outlets() const { return outlets_; }

 private:
  RunnerCore& core_;
  const std::vector<Cut::Boundary> inlets_;
  const std::vector<Cut::Boundary> outlets_;
  std::mutex push_mutex_;  // held for one move
  std::mutex poll_mutex_;  // likewise
};

class RunnerJobs final : private exec::StrandBody {
 public:
  using Outcome = Result<FramesByName>;

  RunnerJobs(RunnerCore& core, RunnerEdge& edge, exec::Executor& executor);
  ~RunnerJobs() override { close(); }
  /// Threads: any.
  std::future<Outcome> add(FramesByName inputs);
  /// Ends the one that is being served. Threads: the one that runs the strand.
  void give_up(const Error& error) { finish(error); }
  /// Those that are not done are cancelled. Threads: any but the strand.
  void close() noexcept;
  [[nodiscard]] exec::Waker waker() { return strand_->waker(); }

 private:
  struct Feed {
    std::size_t inlet = 0;
    std::vector<media::Frame> frames;
    std::size_t next = 0;
  };
  struct Job {
    std::vector<Feed> feeds;
    FramesByName outputs;
    std::promise<Outcome> promise;
  };
  bool run_slice() noexcept override;
  bool serve(Job& job);
  bool feed(Job& job);
  std::size_t collect(Job& job);
  void finish(Outcome outcome);
  std::shared_ptr<Job> current();

  RunnerCore& core_;
  RunnerEdge& edge_;
  std::shared_ptr<exec::Strand> strand_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Job>> jobs_;  // GUARDED_BY(mutex_); the first is being served
  bool is_closed_ = false;                 // GUARDED_BY(mutex_)
};

}  // namespace parley::graph
