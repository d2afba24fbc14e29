// SPDX-License-Identifier: Apache-2.0
#include "graph/runner.h"

#include <algorithm>
#include <chrono>

#include "exec/caller_executor.h"
#include "exec/worker_pool.h"
#include "graph/profiler.h"
#include "graph/runner_jobs.h"
#include "graph/segment.h"
#include "graph/segment_runner.h"

namespace parley::graph {

class Runner::Impl {
 public:
  Impl(RunnerOptions options, RunnerContext context, std::optional<exec::ResourceLease> lease)
      : options_(options), context_(std::move(context)), lease_(std::move(lease)) {
    if (options.scheduler == SchedulerType::sync) {
      caller_ = std::make_unique<exec::CallerExecutor>();
    } else if (context_.executor == nullptr && context_.virtual_time == nullptr) {
      pool_ = std::make_unique<exec::WorkerPool>(exec::WorkerPool::Options{
          .workers = lease_ ? lease_->cores().size() : options.worker_threads,
          .name = "parley-graph",
          .metrics = &context_.metrics,
          .cores = lease_ ? lease_->cores() : std::vector<int>()});
    }
  }
  ~Impl() { stop(); }

  Status open(GraphSpec spec);
  Status push(std::string_view inlet, media::Frame frame);
  std::optional<media::Frame> poll_until(std::string_view outlet, Instant until);
  std::future<Result<FramesByName>> run_async(FramesByName inputs);
  Result<FramesByName> run(FramesByName inputs);
  Status update(std::string_view id, std::unique_ptr<Operator> op);
  void set_turn(media::Turn now);
  void stop() noexcept;

  RunnerCore& core() { return core_; }
  [[nodiscard]] const std::vector<std::unique_ptr<LinkBase>>& links() const { return links_; }
  bool pump();

 private:
  [[nodiscard]] exec::Executor& executor();
  [[nodiscard]] StallHandler stall_handler();
  bool let_time_pass(Instant until);
  void drive(const std::future<Result<FramesByName>>& future);

  const RunnerOptions options_;
  const RunnerContext context_;
  std::optional<exec::ResourceLease> lease_;      // what the pool runs on
  std::unique_ptr<exec::CallerExecutor> caller_;  // sync
  std::unique_ptr<exec::WorkerPool> pool_;        // async, when none was given
  RunnerCore core_{context_.clock, context_.metrics};
  std::vector<std::unique_ptr<LinkBase>> links_;
  std::unique_ptr<RunnerEdge> edge_;
  std::unique_ptr<RunnerJobs> jobs_;
};

// --- life ----------------------------------------------------------------------------------------

exec::Executor& Runner::Impl::executor() {
  if (caller_ != nullptr) return *caller_;
  if (context_.executor != nullptr) return *context_.executor;
  if (context_.virtual_time != nullptr) return context_.virtual_time->executor;
  return *pool_;
}

Status Runner::Impl::open(GraphSpec spec) {
  PARLEY_TRY(Plan plan, Plan::compile(std::move(spec)));
  if (context_.profiler != nullptr) {  // segments know only the edges within
    for (const Plan::Edge& edge : plan.edges()) {
      if (edge.from_node == Plan::kOutside || edge.to_node == Plan::kOutside) continue;
      context_.profiler->add_edge(plan.nodes()[edge.from_node].id, plan.nodes()[edge.to_node].id);
    }
  }
  Cut parts = cut(std::move(plan), {.is_whole = options_.scheduler == SchedulerType::sync,
                                    .max_queue_size = options_.max_queue_size});
  links_ = std::move(parts.links);
  edge_ = std::make_unique<RunnerEdge>(core_, std::move(parts.inlets), std::move(parts.outlets));
  jobs_ = std::make_unique<RunnerJobs>(core_, *edge_, executor());
  core_.job_waker = jobs_->waker();
  for (std::size_t i = 0; i < parts.segments.size(); ++i) {
    core_.segments.push_back(std::make_unique<SegmentRunner>(core_, executor()));
  }
  for (std::size_t i = 0; i < parts.segments.size(); ++i) {
    std::vector<LinkBase*> in;
    std::vector<LinkBase*> out;
    for (const auto& link : links_) {
      if (link->to == i) in.push_back(link.get());
      if (link->from == i) out.push_back(link.get());
    }
    PARLEY_TRY_STATUS(core_.segments[i]->open(std::move(parts.segments[i]),
                                              {.clock = context_.clock,
                                               .timers = context_.timers,
                                               .waker = exec::Waker(),
                                               .metrics = context_.metrics,
                                               .tap = context_.tap,
                                               .profiler = context_.profiler,
                                               .watchdog = context_.watchdog,
                                               .name = context_.name,
                                               .on_stall = stall_handler()},
                                              in, out));
  }
  for (const auto& segment : core_.segments) segment->nudge(1);  // sources begin by themselves
  return {};
}

StallHandler Runner::Impl::stall_handler() {
  return [this](const Stall& stall) {
    const Error error = stall.error();
    core_.handle({.node = stall.node,
                  .error = error,
                  .exception = nullptr,
                  .policy = ErrorPolicy::skip_frame});
  };
}

void Runner::Impl::stop() noexcept {
  core_.is_over.store(true, std::memory_order_release);
  for (const auto& segment : core_.segments) segment->close();
  if (jobs_ != nullptr) jobs_->close();
  core_.output_news.fetch_add(1, std::memory_order_seq_cst);
  core_.wake_sleepers();
  if (caller_ != nullptr) caller_->unpark();  // whoever drives sees that it is over
}

// --- frames --------------------------------------------------------------------------------------

/// sync: runs what waits, on this thread. In virtual time: what waits at this instant. True when
/// something ran.
bool Runner::Impl::pump() {
  if (caller_ != nullptr && caller_->run_one()) return true;
  if (context_.virtual_time == nullptr) return false;
  return context_.virtual_time->executor.run_one() || context_.virtual_time->timers.fire_due() != 0;
}

/// In virtual time, to the next timer. False when there is none before `until`.
bool Runner::Impl::let_time_pass(Instant until) {
  if (context_.virtual_time == nullptr) return false;
  const Instant next = context_.virtual_time->timers.next();
  if (next == Instant::never() || next > until) return false;
  context_.virtual_time->clock.advance_to(next);
  return true;
}

Status Runner::Impl::push(std::string_view inlet, media::Frame frame) {
  if (core_.is_over.load(std::memory_order_acquire)) {
    return core_.failure().value_or(
        Error{.code = ErrorCode::cancelled, .message = "the runner was stopped"});
  }
  PARLEY_TRY(const std::size_t index, edge_->find_inlet(inlet, frame));
  if (!edge_->push(index, frame)) {
    return Error{.code = ErrorCode::resource_exhausted,
                 .message = "inlet '" + std::string(inlet) + "' is full"};
  }
  while (caller_ != nullptr && caller_->run_one()) {
  }
  return {};
}

std::optional<media::Frame> Runner::Impl::poll_until(std::string_view outlet, Instant until) {
  const std::optional<std::size_t> index = edge_->find_outlet(outlet);
  PARLEY_CHECK(index.has_value());
  while (caller_ != nullptr && caller_->run_one()) {
  }
  std::optional<media::Frame> frame = edge_->poll(*index);
  if (frame || until <= context_.clock.now()) return frame;
  core_.sleepers.fetch_add(1, std::memory_order_seq_cst);
  while (true) {
    const std::uint32_t seen = core_.output_news.load(std::memory_order_seq_cst);
    frame = edge_->poll(*index);
    if (frame || core_.is_over.load(std::memory_order_acquire)) break;
    if (pump()) continue;
    if (context_.virtual_time != nullptr) {
      if (let_time_pass(until)) continue;
      break;
    }
    if (context_.clock.now() >= until) break;
    if (caller_ != nullptr) {
      caller_->park_until(until);
    } else {
      exec::futex_wait(core_.output_news, seen, until, exec::FutexScope::process);
    }
  }
  core_.sleepers.fetch_sub(1, std::memory_order_seq_cst);
  return frame;
}

// --- one shot ------------------------------------------------------------------------------------

std::future<Result<FramesByName>> Runner::Impl::run_async(FramesByName inputs) {
  std::future<Result<FramesByName>> future = jobs_->add(std::move(inputs));
  if (caller_ != nullptr) drive(future);
  return future;
}

Result<FramesByName> Runner::Impl::run(FramesByName inputs) {
  std::future<Result<FramesByName>> future = run_async(std::move(inputs));
  if (context_.virtual_time != nullptr) drive(future);
  return future.get();
}

/// Until the future is ready: sync on this thread, and in virtual time everything there is.
void Runner::Impl::drive(const std::future<Result<FramesByName>>& future) {
  while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (pump() || let_time_pass(Instant::never())) continue;
    if (context_.virtual_time == nullptr) {
      caller_->park();
    } else {
      jobs_->give_up({.code = ErrorCode::deadline_exceeded,
                      .message = "an operator is busy with what no timer brings"});
    }
  }
}

Status Runner::Impl::update(std::string_view id, std::unique_ptr<Operator> op) {
  for (const auto& segment : core_.segments) {
    const std::vector<std::string>& nodes = segment->nodes();
    if (std::find(nodes.begin(), nodes.end(), id) == nodes.end()) continue;
    PARLEY_TRY(const std::shared_ptr<Update> update, segment->pipeline().update(id, std::move(op)));
    while (update->state() == Update::State::waiting && pump()) {
    }
    return update->wait();
  }
  std::string names;
  for (const auto& segment : core_.segments) {
    for (const std::string& node : segment->nodes()) names += (names.empty() ? "" : ", ") + node;
  }
  return Error{.code = ErrorCode::not_found,
               .message = "there is no node '" + std::string(id) + "'; nodes: " + names};
}

void Runner::Impl::set_turn(media::Turn now) {
  media::Turn before = core_.turn.load(std::memory_order_relaxed);
  while (before < now &&
         !core_.turn.compare_exchange_weak(before, now, std::memory_order_acq_rel)) {
  }
  for (const auto& segment : core_.segments) segment->nudge(1);
  while (caller_ != nullptr && caller_->run_one()) {
  }
}

// --- the class that others see -------------------------------------------------------------------

Result<std::unique_ptr<Runner>> Runner::open(GraphSpec spec, RunnerOptions options,
                                             RunnerContext context) {
  if (options.max_queue_size < 1) {
    return Error{.code = ErrorCode::invalid_argument,
                 .message = "max_queue_size is 0; give at least 1"};
  }
  if (options.worker_threads > exec::WorkerPool::kWorkersMax) {
    return Error{.code = ErrorCode::invalid_argument,
                 .message = "worker_threads is " + std::to_string(options.worker_threads) +
                            "; give at most " + std::to_string(exec::WorkerPool::kWorkersMax)};
  }
  std::optional<exec::ResourceLease> lease;
  if (context.resources != nullptr && options.scheduler == SchedulerType::async &&
      context.executor == nullptr && context.virtual_time == nullptr) {
    const std::size_t free = std::clamp<std::size_t>(context.resources->stats().cores_free, 1,
                                                     exec::WorkerPool::kWorkersMax);
    PARLEY_TRY(lease, context.resources->try_lease(
                          {.cores = options.worker_threads == 0 ? free : options.worker_threads}));
  }
  auto impl = std::make_unique<Impl>(options, std::move(context), std::move(lease));
  PARLEY_TRY_STATUS(impl->open(std::move(spec)));
  return std::unique_ptr<Runner>(new Runner(std::move(impl)));
}

Runner::Runner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Runner::~Runner() = default;

Status Runner::push(std::string_view inlet, media::Frame frame) {
  return impl_->push(inlet, std::move(frame));
}
std::optional<media::Frame> Runner::poll(std::string_view outlet) {
  return impl_->poll_until(outlet, Instant());
}
std::optional<media::Frame> Runner::poll_until(std::string_view outlet, Instant until) {
  return impl_->poll_until(outlet, until);
}
Result<FramesByName> Runner::run(FramesByName inputs) { return impl_->run(std::move(inputs)); }
std::future<Result<FramesByName>> Runner::run_async(FramesByName inputs) {
  return impl_->run_async(std::move(inputs));
}
Status Runner::update_operator(std::string_view id, std::unique_ptr<Operator> op) {
  return impl_->update(id, std::move(op));
}
void Runner::set_error_handler(ErrorHandler handler) {
  impl_->core().set_handler(std::move(handler));
}
std::optional<media::ErrorEvent> Runner::poll_error() { return impl_->core().take_error(); }
void Runner::set_turn(media::Turn now) { impl_->set_turn(now); }
void Runner::stop() noexcept { impl_->stop(); }
bool Runner::failed() const { return impl_->core().failure().has_value(); }
Error Runner::failure() const {
  const std::optional<Error> failure = impl_->core().failure();
  PARLEY_CHECK(failure.has_value());
  return *failure;
}
std::uint64_t Runner::errors_lost() const { return impl_->core().errors_lost(); }

std::vector<LinkStats> Runner::links() const {
  std::vector<LinkStats> all;
  for (const auto& link : impl_->links()) all.push_back(link->stats());
  return all;
}

std::vector<Runner::SegmentInfo> Runner::segments() const {
  std::vector<SegmentInfo> all;
  for (const auto& segment : impl_->core().segments) {
    all.push_back({.name = segment->name(), .nodes = segment->nodes()});
  }
  return all;
}

}  // namespace parley::graph
