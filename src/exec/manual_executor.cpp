// SPDX-License-Identifier: Apache-2.0
#include "exec/manual_executor.h"

#include "base/check.h"

namespace parley::exec {

bool ManualExecutor::run_one() {
  Runnable* const next = queue_.pop();
  if (next == nullptr) return false;
  next->run();
  return true;
}

std::size_t ManualExecutor::run_until_idle() {
  std::size_t runs = 0;
  while (run_one()) {
    ++runs;
    PARLEY_CHECK(runs < kRunsMax);
  }
  return runs;
}

TimerService::Id ManualTimers::schedule(Instant at, Waker waker) {
  const bool is_due = at <= clock_.now();
  if (is_due) waker.wake();
  const std::lock_guard lock(mutex_);
  const Id id = ++last_id_;
  if (is_due) return id;
  waiting_.emplace(std::pair(at, id), std::move(waker));
  due_.emplace(id, at);
  return id;
}

void ManualTimers::cancel(Id id) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = due_.find(id);
  if (found == due_.end()) return;
  waiting_.erase(std::pair(found->second, id));
  due_.erase(found);
}

Instant ManualTimers::next() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() ? Instant::never() : waiting_.begin()->first.first;
}

std::size_t ManualTimers::fire_due() {
  const std::lock_guard lock(mutex_);  // a wake only queues, so it may happen under the lock
  std::size_t fired = 0;
  while (!waiting_.empty() && waiting_.begin()->first.first <= clock_.now()) {
    const auto first = waiting_.begin();
    first->second.wake();
    due_.erase(first->first.second);
    waiting_.erase(first);
    ++fired;
  }
  return fired;
}

std::size_t ManualTimers::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void ManualRuntime::run_until_idle() {
  do {
    executor.run_until_idle();
  } while (timers.fire_due() != 0);
}

void ManualRuntime::run_for(Nanos duration) {
  const Instant end = clock.now() + duration;
  run_until_idle();
  while (timers.next() <= end) {
    clock.advance_to(timers.next());
    run_until_idle();
  }
  clock.advance_to(end);
}

}  // namespace parley::exec
