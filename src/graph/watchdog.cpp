// SPDX-License-Identifier: Apache-2.0
#include "graph/watchdog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace parley::graph {
namespace {

constexpr std::string_view kStallWords = "has been in one call for ";

std::int64_t ms(Nanos time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

Watchdog::Watchdog(WatchdogOptions options, const Clock& clock, exec::TimerService& timers,
                   exec::Executor& executor, Metrics& metrics)
    : options_(std::move(options)),
      clock_(clock),
      timers_(timers),
      metrics_(metrics),
      stalled_now_(metrics.gauge("parley_graph_stalled", "Operators that stall now")),
      strand_(exec::Strand::make(executor, *this)) {
  PARLEY_CHECK(options_.stall >= Millis(1));
  strand_->wake();
}

Watchdog::~Watchdog() {
  strand_->close();
  timers_.cancel(timer_.load());
}

bool Watchdog::run_slice() noexcept {
  const Instant now = clock_.now();
  if (due_ != Instant::never() && now - due_ > options_.stall / 4) forgive(now - due_);
  look();
  due_ = clock_.now() + options_.stall / 4;
  timer_.store(timers_.schedule(due_, strand_->waker()));
  return false;
}

/// Nobody stalled while the watchdog could not look either.
void Watchdog::forgive(Nanos late) {
  const std::lock_guard lock(mutex_);
  for (Watched& watched : watched_) watched.since = watched.since + late;
}

std::size_t Watchdog::look() {
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  std::size_t count = 0;
  for (Watched& watched : watched_) {
    const std::uint64_t word = watched.activity->word_.load(std::memory_order_relaxed);
    if (word == 0 || word != watched.word) {
      if (watched.is_reported) stalled_now_.add(-1);
      watched.is_reported = false;
      watched.word = word;
      watched.since = now;
      continue;
    }
    if (now - watched.since < options_.stall) continue;
    ++count;
    if (!watched.is_reported) report(watched, now);
  }
  return count;
}

/// Once for each stall.
void Watchdog::report(Watched& watched, Instant now) {
  watched.is_reported = true;
  stalled_now_.add(1);
  const Stall stall = stall_of(watched, now);
  metrics_
      .counter("parley_graph_stalls_total", "Calls of an operator that took too long",
               {{"node", stall.node}})
      .add();
  log::warn("operator stalls", {{"pipeline", stall.pipeline},
                                {"node", stall.node},
                                {"so_far_ms", ms(stall.so_far)},
                                {"limit_ms", ms(options_.stall)}});
  Activity& activity = *watched.activity;
  activity.stalled_nanos_.store(stall.so_far.count(), std::memory_order_relaxed);
  activity.stalled_node_.store(watched.word & ((1U << Activity::kNodeBits) - 1),
                               std::memory_order_release);
  if (options_.handler) options_.handler(stall);
  if (activity.handler_) activity.handler_(stall);
}

Stall Watchdog::stall_of(const Watched& watched, Instant now) {
  const std::size_t node = (watched.word & ((1U << Activity::kNodeBits) - 1)) - 1;
  return {.pipeline = watched.activity->pipeline_,
          .node = watched.activity->nodes_.at(node),
          .so_far = now - watched.since};
}

std::vector<Stall> Watchdog::stalled() const {
  const std::lock_guard lock(mutex_);
  std::vector<Stall> all;
  for (const Watched& watched : watched_) {
    if (watched.is_reported) all.push_back(stall_of(watched, clock_.now()));
  }
  return all;
}

std::shared_ptr<Activity> Watchdog::watch(std::string_view pipeline, std::vector<std::string> nodes,
                                          StallHandler handler) {
  auto activity =
      std::make_shared<Activity>(std::string(pipeline), std::move(nodes), std::move(handler));
  const std::lock_guard lock(mutex_);
  watched_.push_back({.activity = activity, .word = 0, .since = clock_.now()});
  return activity;
}

void Watchdog::forget(const std::shared_ptr<Activity>& activity) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(watched_.begin(), watched_.end(), [&](const Watched& watched) {
    return watched.activity == activity;
  });
  if (found == watched_.end()) return;
  if (found->is_reported) stalled_now_.add(-1);
  *found = std::move(watched_.back());
  watched_.pop_back();
}

Error Stall::error() const {
  return {.code = ErrorCode::deadline_exceeded,
          .message = std::string(kStallWords) + std::to_string(ms(so_far)) + " ms"};
}

bool is_stall(const Error& error) {
  return error.code == ErrorCode::deadline_exceeded && error.message.starts_with(kStallWords);
}

}  // namespace parley::graph
