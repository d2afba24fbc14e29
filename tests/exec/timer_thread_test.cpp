// SPDX-License-Identifier: Apache-2.0
#include "exec/timer_thread.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "exec/strand.h"
#include "exec/thread_executor.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

using namespace std::chrono_literals;

/// A strand on a thread of its own that counts its slices and notes when the last one ran.
struct Sleeper {
  explicit Sleeper(const Clock& by) : clock(by) {}
  ~Sleeper() { strand->close(); }
  const Clock& clock;
  std::atomic<Instant> last{Instant{}};
  Tally slices;
  FunctionBody body{[this] {
    last = clock.now();
    slices.add();
    return false;
  }};
  ThreadExecutor executor{"test"};
  std::shared_ptr<Strand> strand = Strand::make(executor, body);
};

TEST(TimerThread, WakesAndIsNeverEarly) {
  const SteadyClock clock;
  Sleeper sleeper(clock);
  TimerThread timers(clock);
  int fired = 0;
  for (const Nanos delay : {Nanos(0), Nanos(1), Nanos(700us), Nanos(3ms), Nanos(20ms)}) {
    const Instant at = clock.now() + delay;
    EXPECT_NE(timers.schedule(at, sleeper.strand->waker()), 0U);
    sleeper.slices.wait_for(++fired);
    EXPECT_GE(sleeper.last.load(), at);
  }
  timers.schedule(Instant{}, sleeper.strand->waker());  // long ago: at once
  sleeper.slices.wait_for(++fired);
  EXPECT_EQ(timers.size(), 0U);
}

TEST(TimerThread, AnEarlierTimerOvertakesALaterOne) {
  const SteadyClock clock;
  Sleeper soon(clock);
  Sleeper late(clock);
  TimerThread timers(clock);
  const auto id = timers.schedule(clock.now() + 1h, late.strand->waker());
  timers.schedule(Instant::never(), late.strand->waker());
  timers.schedule(clock.now() + 2ms, soon.strand->waker());
  soon.slices.wait_for(1);
  EXPECT_EQ(late.slices.value(), 0);
  timers.cancel(id);
  EXPECT_EQ(timers.size(), 1U);  // the one that never comes is forgotten with the thread
}

TEST(TimerThread, CancelledTimersDoNotFire) {
  const SteadyClock clock;
  Sleeper cancelled(clock);
  Sleeper kept(clock);
  TimerThread timers(clock);
  const Instant at = clock.now() + 50ms;
  const auto id = timers.schedule(at, cancelled.strand->waker());
  timers.schedule(at, kept.strand->waker());
  timers.cancel(id);
  timers.cancel(id);
  timers.cancel(0);
  kept.slices.wait_for(1);
  EXPECT_EQ(cancelled.slices.value(), 0);
}

TEST(TimerThreadStress, ManyThreadsScheduleAndCancel) {
  constexpr int kThreads = 3;
  constexpr int kTimersEach = 500;
  const SteadyClock clock;
  TimerThread timers(clock);
  std::vector<std::unique_ptr<Sleeper>> sleepers;
  for (int t = 0; t < kThreads; ++t) sleepers.push_back(std::make_unique<Sleeper>(clock));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Random random(static_cast<std::uint64_t>(t));
        Sleeper& mine = *sleepers[static_cast<std::size_t>(t)];
        for (int i = 0; i < kTimersEach; ++i) {
          const Nanos delay = Micros(random.next() % 5000);
          const auto id = timers.schedule(clock.now() + delay, mine.strand->waker());
          if (i % 3 == 0) timers.cancel(id);
        }
        const int before = mine.slices.value();
        timers.schedule(clock.now() + 6ms, mine.strand->waker());
        mine.slices.wait_for(before + 1);
      });
    }
  }
  while (timers.size() != 0) std::this_thread::yield();  // all that were kept fire
}

}  // namespace
}  // namespace parley::exec
