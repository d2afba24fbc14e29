// SPDX-License-Identifier: Apache-2.0
#include "exec/timer_thread.h"

#include <utility>

#include <sys/prctl.h>

#include "exec/prompt_thread.h"
#include "exec/thread_name.h"

namespace parley::exec {

TimerThread::TimerThread(const SteadyClock& clock)
    : clock_(clock), zero_(clock.now()), thread_([this] { work(); }) {}

TimerThread::~TimerThread() {
  stopping_.store(true, std::memory_order_release);
  parker_.unpark();
  thread_.join();
}

void TimerThread::work() {
  set_thread_name("parley-timer");
  ask_for_short_slices();
  // Linux may delay a sleeping thread by 50 µs to save power; a deadline of speech is worth more.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  while (!stopping_.load(std::memory_order_acquire)) {
    Instant until;
    {
      const std::lock_guard lock(mutex_);
      // The last tick that has begun; what is due at it may fire.
      const auto passed = static_cast<TimingWheel::Tick>((clock_.now() - zero_) / kTick);
      wheel_.advance(passed, expired_);
      sleeping_until_ = expired_.empty() ? wheel_.next_event() : 0;  // 0: awake anyway
      until = instant_of(sleeping_until_);
    }
    if (expired_.empty()) {
      parker_.park_until(until);
      continue;
    }
    for (const TimingWheel::Expired& timer : expired_) timer.waker.wake();
    expired_.clear();
  }
}

TimerService::Id TimerThread::schedule(Instant at, Waker waker) {
  const TimingWheel::Tick tick = tick_at_or_after(at);
  bool is_earlier = false;
  Id id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = wheel_.insert(tick, std::move(waker));
    // Not the wheel's next event: its time stands still while the thread sleeps, so it may name a
    // move between levels that is long over.
    is_earlier = tick < sleeping_until_;
    if (is_earlier) sleeping_until_ = tick;  // only the first of several needs to say so
  }
  if (is_earlier) parker_.unpark();
  return id;
}

void TimerThread::cancel(Id id) noexcept {
  Waker forgotten;  // may hold the last reference to a strand: released outside the lock
  const std::lock_guard lock(mutex_);
  forgotten = wheel_.cancel(id);
}

std::size_t TimerThread::size() const {
  const std::lock_guard lock(mutex_);
  return wheel_.size();
}

TimingWheel::Tick TimerThread::tick_at_or_after(Instant at) const noexcept {
  if (at <= zero_) return 0;
  const Nanos since = at - zero_;
  // Without adding to `since`, which may be the largest there is.
  return static_cast<TimingWheel::Tick>(since / kTick + (since % kTick == Nanos(0) ? 0 : 1));
}

Instant TimerThread::instant_of(TimingWheel::Tick tick) const noexcept {
  constexpr auto kTicksMax = static_cast<TimingWheel::Tick>(Nanos::max() / kTick / 2);
  return tick > kTicksMax ? Instant::never() : zero_ + kTick * static_cast<std::int64_t>(tick);
}

}  // namespace parley::exec
