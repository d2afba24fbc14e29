// SPDX-License-Identifier: Apache-2.0
#include "graph/runner_jobs.h"

#include <algorithm>

#include "graph/plan_text.h"

namespace parley::graph {

// --- jobs ----------------------------------------------------------------------------------------

RunnerJobs::RunnerJobs(RunnerCore& core, RunnerEdge& edge, exec::Executor& executor)
    : core_(core), edge_(edge), strand_(exec::Strand::make(executor, *this)) {}

std::future<RunnerJobs::Outcome> RunnerJobs::add(FramesByName inputs) {
  auto job = std::make_shared<Job>();
  std::future<Outcome> future = job->promise.get_future();
  for (auto& [name, frames] : inputs) {
    Feed feed;
    for (const media::Frame& frame : frames) {
      const Result<std::size_t> inlet = edge_.find_inlet(name, frame);
      if (!inlet) {
        job->promise.set_value(inlet.error());
        return future;
      }
      feed.inlet = *inlet;
    }
    feed.frames = std::move(frames);
    job->feeds.push_back(std::move(feed));
  }
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
      job->promise.set_value(
          Error{.code = ErrorCode::cancelled, .message = "the runner was stopped"});
      return future;
    }
    if (jobs_.size() >= Runner::kJobsMax) {
      job->promise.set_value(Error{.code = ErrorCode::resource_exhausted,
                                   .message = std::to_string(jobs_.size()) + " runs wait already"});
      return future;
    }
    jobs_.push_back(std::move(job));
    core_.has_job.store(true, std::memory_order_seq_cst);
  }
  // Sources run since `open`: what they began, and somebody is busy with, belongs to this job, too.
  // So every segment looks again, now that there is one to wait for it.
  for (const auto& segment : core_.segments) segment->nudge(1);
  strand_->wake();
  return future;
}

std::shared_ptr<RunnerJobs::Job> RunnerJobs::current() {
  const std::lock_guard lock(mutex_);
  return jobs_.empty() ? nullptr : jobs_.front();
}

bool RunnerJobs::run_slice() noexcept {
  const std::shared_ptr<Job> job = current();
  if (job == nullptr) return false;
  const bool is_done = serve(*job);
  // Looked at after `serve`: a segment that fails says so before it gives its tokens back, so a
  // graph that is quiet because it failed is seen as failed here.
  if (core_.is_over.load(std::memory_order_acquire)) {
    finish(core_.failure().value_or(
        Error{.code = ErrorCode::cancelled, .message = "the runner was stopped"}));
    return true;
  }
  if (!is_done) return false;
  finish(std::move(job->outputs));
  return true;
}

/// True when it is done. Otherwise somebody will wake: a link with room, frames at an outlet, or
/// the segment that is the last to become quiet.
bool RunnerJobs::serve(Job& job) {
  while (true) {
    const bool all_fed = feed(job);
    // In this order: when nothing was pending, nothing can come out any more that this misses.
    const bool was_quiet = core_.pending.load(std::memory_order_seq_cst) == 0;
    if (collect(job) != 0) continue;
    return all_fed && was_quiet;
  }
}

bool RunnerJobs::feed(Job& job) {
  bool all_fed = true;
  for (Feed& feed : job.feeds) {
    while (feed.next < feed.frames.size() && edge_.push(feed.inlet, feed.frames[feed.next])) {
      ++feed.next;
    }
    all_fed &= feed.next == feed.frames.size();
  }
  return all_fed;
}

std::size_t RunnerJobs::collect(Job& job) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < edge_.outlets().size(); ++i) {
    while (std::optional<media::Frame> frame = edge_.poll(i)) {
      job.outputs[edge_.outlets()[i].name].push_back(*std::move(frame));
      ++count;
    }
  }
  return count;
}

void RunnerJobs::finish(Outcome outcome) {
  std::shared_ptr<Job> done;
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty()) return;  // `close` was faster
    done = std::move(jobs_.front());
    jobs_.pop_front();
    core_.has_job.store(!jobs_.empty(), std::memory_order_seq_cst);
  }
  done->promise.set_value(std::move(outcome));
}

void RunnerJobs::close() noexcept {
  strand_->close();
  std::deque<std::shared_ptr<Job>> left;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    left.swap(jobs_);
  }
  const Error error = core_.failure().value_or(
      Error{.code = ErrorCode::cancelled, .message = "the runner was stopped"});
  for (const auto& job : left) job->promise.set_value(error);
}

// --- the edge ------------------------------------------------------------------------------------

RunnerEdge::RunnerEdge(RunnerCore& core, std::vector<Cut::Boundary> inlets,
                       std::vector<Cut::Boundary> outlets)
    : core_(core), inlets_(std::move(inlets)), outlets_(std::move(outlets)) {}

Result<std::size_t> RunnerEdge::find_inlet(std::string_view name, const media::Frame& frame) const {
  for (std::size_t i = 0; i < inlets_.size(); ++i) {
    if (inlets_[i].name != name) continue;
    if (inlets_[i].type == frame.index()) return i;
    return Error{.code = ErrorCode::invalid_argument,
                 .message = "inlet '" + std::string(name) + "' takes " +
                            std::string(frame_type_name(inlets_[i].type)) + ", not " +
                            std::string(frame_type_name(frame.index()))};
  }
  std::vector<std::string_view> names;
  for (const Cut::Boundary& inlet : inlets_) names.push_back(inlet.name);
  return Error{
      .code = ErrorCode::not_found,
      .message = "there is no inlet '" + std::string(name) + "'; inlets: " + list_text(names)};
}

bool RunnerEdge::push(std::size_t inlet, media::Frame& frame) {
  const std::lock_guard lock(push_mutex_);
  const std::vector<LinkBase*>& links = inlets_[inlet].links;
  if (!std::all_of(links.begin(), links.end(), [](LinkBase* link) { return link->may_push(); })) {
    return false;
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    media::Frame last;  // the original for the last one, as ports do
    media::Frame& pushed = i + 1 < links.size() ? (last = frame) : frame;
    const bool is_pushed = links[i]->push(pushed);
    PARLEY_CHECK(is_pushed);
    core_.tell_consumer(*links[i], 1);
  }
  return true;
}

std::optional<std::size_t> RunnerEdge::find_outlet(std::string_view name) const {
  for (std::size_t i = 0; i < outlets_.size(); ++i) {
    if (outlets_[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<media::Frame> RunnerEdge::poll(std::size_t outlet) {
  const std::lock_guard lock(poll_mutex_);
  LinkBase& link = *outlets_[outlet].links.front();
  std::optional<media::Frame> frame = link.poll();
  if (frame && link.take_wish_for_room()) core_.tell_producer(link);
  return frame;
}

}  // namespace parley::graph
