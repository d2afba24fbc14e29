// SPDX-License-Identifier: Apache-2.0
#include "exec/strand.h"

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "exec/worker_pool.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

TEST(Strand, RunsOnlyWhenWokenAndCoalescesWakes) {
  ManualExecutor executor;
  int slices = 0;
  FunctionBody body([&] { return ++slices, false; });
  const auto strand = Strand::make(executor, body);
  EXPECT_EQ(executor.run_until_idle(), 0U);
  strand->wake();
  strand->waker().wake();
  strand->wake();
  EXPECT_EQ(slices, 0);  // never inside the wake
  executor.run_until_idle();
  EXPECT_EQ(slices, 1);
  strand->wake();
  executor.run_until_idle();
  EXPECT_EQ(slices, 2);
}

TEST(Strand, AWakeDuringASliceRunsItAgain) {
  ManualExecutor executor;
  int slices = 0;
  Waker waker;
  FunctionBody body([&] {
    if (++slices == 1) {
      waker.wake();
      waker.wake();
    }
    return false;
  });
  const auto strand = Strand::make(executor, body);
  waker = strand->waker();
  waker.wake();
  executor.run_until_idle();
  EXPECT_EQ(slices, 2);
}

TEST(Strand, WithMoreToDoQueuesBehindOthers) {
  ManualExecutor executor;
  std::string order;
  int left = 3;
  FunctionBody busy_body([&] {
    order += 'b';
    return --left > 0;
  });
  FunctionBody quiet_body([&] {
    order += 'q';
    return false;
  });
  const auto busy = Strand::make(executor, busy_body);
  const auto quiet = Strand::make(executor, quiet_body);
  busy->wake();
  quiet->wake();
  executor.run_until_idle();
  EXPECT_EQ(order, "bqbb");
}

TEST(Strand, NoSliceStartsAfterClose) {
  ManualExecutor executor;
  int slices = 0;
  FunctionBody body([&] { return ++slices, false; });
  const auto strand = Strand::make(executor, body);
  strand->wake();  // queued, and closed before it runs
  strand->close();
  strand->close();  // twice is fine
  strand->wake();
  executor.run_until_idle();
  EXPECT_EQ(slices, 0);
}

TEST(Strand, CloseInsideItsOwnSliceEndsItThere) {
  ManualExecutor executor;
  int slices = 0;
  std::shared_ptr<Strand> strand;
  FunctionBody body([&] {
    ++slices;
    strand->wake();
    strand->close();
    return true;  // says there is more, but nobody asks any longer
  });
  strand = Strand::make(executor, body);
  strand->wake();
  executor.run_until_idle();
  EXPECT_EQ(slices, 1);
}

TEST(Strand, KnowsWhoseSliceRuns) {
  ManualExecutor executor;
  std::shared_ptr<Strand> first;
  std::shared_ptr<Strand> second;
  bool is_right = false;
  FunctionBody body([&] {
    is_right = first->is_current() && !second->is_current();
    return false;
  });
  FunctionBody other([] { return false; });
  first = Strand::make(executor, body);
  second = Strand::make(executor, other);
  EXPECT_FALSE(first->is_current());
  first->wake();
  executor.run_until_idle();
  EXPECT_TRUE(is_right);
  EXPECT_FALSE(first->is_current());
}

TEST(Strand, LivesWhileQueuedOrHeldByAWakerAndNotLonger) {
  FunctionBody body([] { return false; });
  std::weak_ptr<Strand> seen;
  Waker waker;
  EXPECT_FALSE(waker);
  waker.wake();  // an empty waker does nothing
  {
    ManualExecutor executor;
    auto strand = Strand::make(executor, body);
    seen = strand;
    waker = strand->waker();
    EXPECT_TRUE(waker);
    strand->wake();
    strand.reset();
    waker = Waker();
    EXPECT_FALSE(seen.expired());  // the queue holds it
    executor.run_until_idle();
    EXPECT_TRUE(seen.expired());
    strand = Strand::make(executor, body);
    seen = strand;
    strand->wake();
  }
  EXPECT_TRUE(seen.expired());  // the executor went away and abandoned it
}

TEST(StrandStress, OneSliceAtATimeAndNoWakeIsLost) {
  constexpr int kWakers = 3;
  constexpr int kWakesEach = 3000;
  WorkerPool pool({.workers = 4});
  std::atomic<int> produced{0};
  std::atomic<int> in_slice{0};
  std::atomic<bool> overlapped{false};
  int consumed = 0;  // not atomic: the strand alone orders its slices, which tsan checks
  Tally seen;
  FunctionBody body([&] {
    if (in_slice.fetch_add(1) != 0) overlapped = true;
    const int total = produced.load(std::memory_order_relaxed);  // the wake has to order this
    const int fresh = total - consumed;
    consumed = total;
    in_slice.fetch_sub(1);
    if (fresh > 0) seen.add(fresh);
    return false;
  });
  const auto strand = Strand::make(pool, body);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kWakers; ++t) {
      threads.emplace_back([&, waker = strand->waker()] {
        for (int i = 0; i < kWakesEach; ++i) {
          produced.fetch_add(1, std::memory_order_relaxed);
          waker.wake();
        }
      });
    }
  }
  seen.wait_for(kWakers * kWakesEach);  // hangs when a wake was lost
  strand->close();
  EXPECT_FALSE(overlapped);
  EXPECT_EQ(consumed, kWakers * kWakesEach);
}

TEST(StrandStress, CloseWaitsForASliceOnAnotherThread) {
  WorkerPool pool({.workers = 1});
  for (int round = 0; round < 50; ++round) {
    std::latch entered(1);
    std::latch closing(1);
    int touched = 0;  // not atomic: close has to order it
    auto body = std::make_unique<FunctionBody>([&] {
      entered.count_down();
      closing.wait();
      ++touched;
      return false;
    });
    const auto strand = Strand::make(pool, *body);
    strand->wake();
    entered.wait();
    std::jthread nudge([&] { closing.count_down(); });
    strand->close();
    EXPECT_EQ(touched, 1);
    body.reset();  // asan and tsan see it when a slice still runs or begins
  }
}

TEST(StrandStress, ClosingRacesWithWakingAndRunning) {
  WorkerPool pool({.workers = 3});
  for (int round = 0; round < 300; ++round) {
    auto value = std::make_unique<int>(0);
    FunctionBody body([&] { return ++*value % 3 != 0; });
    const auto strand = Strand::make(pool, body);
    std::latch start(2);
    std::jthread waking([&, waker = strand->waker()] {
      start.arrive_and_wait();
      for (int i = 0; i < 20; ++i) waker.wake();
    });
    start.arrive_and_wait();
    strand->close();
    value.reset();  // the body must not touch it again
  }
}

}  // namespace
}  // namespace parley::exec
