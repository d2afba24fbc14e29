// SPDX-License-Identifier: Apache-2.0
#include "graph/segment_runner.h"

#include <algorithm>
#include <utility>

#include "exec/slice_budget.h"
#include "graph/profiler.h"
#include "graph/runner.h"

namespace parley::graph {

// --- a slice -------------------------------------------------------------------------------------

bool SegmentRunner::run_slice() noexcept {
  core_.pending.fetch_add(1, std::memory_order_seq_cst);  // its own, while it runs
  const std::uint64_t tokens = 1 + tokens_.exchange(0, std::memory_order_acq_rel);
  const bool has_more = !core_.is_over.load(std::memory_order_acquire) && run_pipeline();
  // A job that asks later than this look makes us look again (RunnerJobs::add).
  const bool is_waited_for = core_.has_job.load(std::memory_order_seq_cst) && pipeline_->is_busy();
  if (has_more || is_waited_for) {
    tokens_.fetch_add(tokens, std::memory_order_acq_rel);
  } else {
    core_.give_back(tokens);
  }
  return has_more;
}

/// True when there is more to do.
bool SegmentRunner::run_pipeline() {
  pipeline_->set_turn(std::max(pipeline_->turn(), core_.turn.load(std::memory_order_acquire)));
  const exec::SliceBudget budget(core_.clock);
  for (std::size_t looks = 0; looks < kLooksMax && !budget.spent(); ++looks) {
    if (!look()) return false;
  }
  return true;
}

/// In, some steps, out. Whatever steers is moved before data.
bool SegmentRunner::look() {
  for (LinkBase* link : in_) {
    if (link->receive() != 0 && link->take_wish_for_room()) core_.tell_producer(*link);
  }
  bool has_more = pipeline_->run(kStepsPerLook);
  for (LinkBase* link : out_) {
    if (const std::size_t sent = link->send()) core_.tell_consumer(*link, sent);
  }
  while (!pipeline_->errors().empty()) core_.add_error(pipeline_->errors().pop());
  if (pipeline_->failed()) {
    core_.fail(pipeline_->failure());
    return false;
  }
  has_more |= pipeline_->has_news();
  return has_more ||
         std::any_of(in_.begin(), in_.end(), [](LinkBase* link) { return link->has_news(); });
}

// --- life ----------------------------------------------------------------------------------------

SegmentRunner::SegmentRunner(RunnerCore& core, exec::Executor& executor)
    : core_(core), strand_(exec::Strand::make(executor, *this)) {}

Status SegmentRunner::open(Segment segment, PipelineContext context,
                           const std::vector<LinkBase*>& in, const std::vector<LinkBase*>& out) {
  name_ = std::move(segment.name);
  nodes_ = std::move(segment.nodes);
  const auto system_first = [](std::vector<LinkBase*> links) {
    std::stable_partition(links.begin(), links.end(),
                          [](const LinkBase* link) { return link->is_system(); });
    return links;
  };
  in_ = system_first(in);
  out_ = system_first(out);
  context.waker = strand_->waker();
  Profiler* const profiler = std::exchange(context.profiler, nullptr);  // not by the graph's name
  PARLEY_TRY(pipeline_, Pipeline::open(std::move(segment.plan), std::move(context)));
  pipeline_->set_error_handler([this](const Failure& failure) { return core_.handle(failure); });
  if (profiler != nullptr) pipeline_->set_profiler(profiler, name_);
  return {};
}

void SegmentRunner::close() noexcept {
  strand_->close();
  if (pipeline_ != nullptr) pipeline_->close();
}

void SegmentRunner::nudge(std::uint64_t tokens) noexcept {
  core_.pending.fetch_add(tokens, std::memory_order_seq_cst);
  tokens_.fetch_add(tokens, std::memory_order_acq_rel);
  strand_->wake();
}

// --- what they share -----------------------------------------------------------------------------

void RunnerCore::tell_producer(const LinkBase& link) noexcept {
  if (link.from == LinkBase::kOutside) {
    job_waker.wake();
  } else {
    segments[link.from]->nudge(1);
  }
}

void RunnerCore::tell_consumer(const LinkBase& link, std::size_t frames) noexcept {
  if (link.to != LinkBase::kOutside) return segments[link.to]->nudge(frames);
  if (has_job.load(std::memory_order_acquire)) job_waker.wake();
  output_news.fetch_add(1, std::memory_order_seq_cst);
  wake_sleepers();
}

void RunnerCore::give_back(std::uint64_t tokens) noexcept {
  // Both this and the job's look are sequentially consistent: one of them sees the other.
  if (pending.fetch_sub(tokens, std::memory_order_seq_cst) == tokens &&
      has_job.load(std::memory_order_seq_cst)) {
    job_waker.wake();
  }
}

void RunnerCore::wake_sleepers() noexcept {
  if (sleepers.load(std::memory_order_seq_cst) == 0) return;
  exec::futex_wake(output_news, 1 << 16, exec::FutexScope::process);
}

void RunnerCore::fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
  }
  is_over.store(true, std::memory_order_release);
  output_news.fetch_add(1, std::memory_order_seq_cst);
  wake_sleepers();
  job_waker.wake();
}

std::optional<Error> RunnerCore::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void RunnerCore::add_error(media::ErrorEvent event) {
  const std::lock_guard lock(mutex_);
  if (errors_.size() >= Runner::kErrorsMax) {
    errors_.pop_front();
    ++errors_lost_;
    errors_lost_total_.add();
  }
  errors_.push_back(std::move(event));
}

std::optional<media::ErrorEvent> RunnerCore::take_error() {
  const std::lock_guard lock(mutex_);
  if (errors_.empty()) return std::nullopt;
  media::ErrorEvent event = std::move(errors_.front());
  errors_.pop_front();
  return event;
}

std::uint64_t RunnerCore::errors_lost() const {
  const std::lock_guard lock(mutex_);
  return errors_lost_;
}

void RunnerCore::set_handler(ErrorHandler handler) {
  const std::lock_guard lock(handler_mutex_);
  handler_ = std::move(handler);
}

ErrorPolicy RunnerCore::handle(const Failure& failure) {
  const std::lock_guard lock(handler_mutex_);
  return handler_ ? handler_(failure) : failure.policy;
}

}  // namespace parley::graph
