// SPDX-License-Identifier: Apache-2.0
#include "exec/worker_pool.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "exec/steal_queue.h"
#include "exec/strand.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

using Runnables = std::vector<std::unique_ptr<FunctionRunnable>>;

Runnables make_runnables(int count, const std::function<void()>& body) {
  Runnables all;
  for (int i = 0; i < count; ++i) all.push_back(std::make_unique<FunctionRunnable>(body));
  return all;
}

void wait_until_all_sleep(const WorkerPool& pool) {
  while (pool.sleeping() != pool.workers()) std::this_thread::yield();
}

TEST(WorkerPool, RunsEachPostOnceFromManyThreads) {
  constexpr int kThreads = 3;
  constexpr int kPostsEach = 2000;
  Tally done;
  WorkerPool pool({.workers = 4});
  std::vector<Runnables> posts;
  for (int t = 0; t < kThreads; ++t) {
    posts.push_back(make_runnables(kPostsEach, [&] { done.add(); }));
  }
  {
    std::vector<std::jthread> threads;
    for (const Runnables& mine : posts) {
      threads.emplace_back([&] {
        for (const auto& runnable : mine) pool.post(*runnable);
      });
    }
  }
  done.wait_for(kThreads * kPostsEach);
  wait_until_all_sleep(pool);
  EXPECT_EQ(done.value(), kThreads * kPostsEach);
  EXPECT_EQ(pool.stats().executed, std::uint64_t{kThreads * kPostsEach});
}

TEST(WorkerPool, OthersStealFromAWorkerThatIsBusy) {
  constexpr int kChildren = 500;  // more than a worker's own queue takes: the rest is shared
  static_assert(kChildren > StealQueue::kCapacity);
  Tally done;
  const Runnables children = make_runnables(kChildren, [&] { done.add(); });
  WorkerPool* posts_to = nullptr;
  FunctionRunnable parent([&] {
    for (const auto& child : children) posts_to->post(*child);
    done.wait_for(kChildren);  // does not return before others have run them all
  });
  WorkerPool pool({.workers = 3});  // after all that it touches: ends first
  posts_to = &pool;
  pool.post(parent);
  done.wait_for(kChildren);
  EXPECT_GE(pool.stats().stolen, StealQueue::kCapacity);
}

TEST(WorkerPool, SleepsWhenThereIsNothingToDo) {
  WorkerPool pool({.workers = 3});
  while (pool.stats().parked < pool.workers()) std::this_thread::yield();
  const auto before = pool.stats();
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  EXPECT_EQ(pool.sleeping(), 3U);
  EXPECT_EQ(pool.stats().parked, before.parked);  // nobody wakes up to look
  EXPECT_EQ(before.executed, 0U);
}

TEST(WorkerPool, TellsItsTotalsToTheMetrics) {
  Metrics metrics;
  Tally done;
  const Runnables posts = make_runnables(1000, [&] { done.add(); });
  WorkerPool::Stats stats;
  {
    WorkerPool pool({.workers = 2, .metrics = &metrics});
    for (const auto& runnable : posts) pool.post(*runnable);
    done.wait_for(1000);
    wait_until_all_sleep(pool);
    stats = pool.stats();
  }
  const std::string text = metrics.render();
  EXPECT_NE(text.find("parley_worker_runs_total 1000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("parley_worker_stolen_total " + std::to_string(stats.stolen) + "\n"),
            std::string::npos);
  EXPECT_NE(text.find("# HELP parley_worker_parked_total "), std::string::npos);
}

TEST(WorkerPool, WakesASleeperEveryTime) {
  Tally done;
  FunctionRunnable runnable([&] { done.add(); });
  WorkerPool pool({.workers = 2});
  for (int i = 1; i <= 500; ++i) {
    if (i % 2 == 0) wait_until_all_sleep(pool);
    pool.post(runnable);
    done.wait_for(i);
  }
  EXPECT_GE(pool.stats().parked, 200U);
}

TEST(WorkerPool, AllWorkersComeWhenThereIsWorkForAll) {
  constexpr int kWorkers = 3;
  constexpr int kRounds = 500;
  // Each of a round waits for all the others, so a post that nobody came for hangs the test.
  std::barrier meeting(kWorkers);
  Tally done;
  const Runnables all = make_runnables(kWorkers * kRounds, [&] {
    meeting.arrive_and_wait();
    done.add();
  });
  WorkerPool pool({.workers = kWorkers});
  for (int round = 0; round < kRounds; ++round) {
    if (round % 2 == 0) wait_until_all_sleep(pool);
    for (int i = 0; i < kWorkers; ++i) {
      pool.post(*all[static_cast<std::size_t>(round * kWorkers + i)]);
    }
    done.wait_for((round + 1) * kWorkers);
  }
}

TEST(WorkerPool, ABusyStrandDoesNotStarveNewWork) {
  Tally done;
  FunctionRunnable late([&] { done.add(); });
  WorkerPool pool({.workers = 1});
  std::atomic<bool> stop{false};
  std::latch busy_began(1);
  bool began = false;
  FunctionBody body([&] {
    if (!began) busy_began.count_down();
    began = true;
    return !stop.load();
  });
  const auto busy = Strand::make(pool, body);
  busy->wake();
  busy_began.wait();
  pool.post(late);
  done.wait_for(1);  // hangs when the busy strand keeps the only worker
  stop = true;
  busy->close();
}

TEST(WorkerPool, BusyStrandsShareTheWorkers) {
  // Two strands that pass a token to and fro, each only by waking the other.
  WorkerPool pool({.workers = 2});
  constexpr int kHops = 2000;
  std::atomic<int> hops{0};
  Tally finished;
  std::array<Waker, 2> wakers;
  const auto slice = [&](std::size_t other) {
    if (hops.fetch_add(1) >= kHops) {
      finished.add();
    } else {
      wakers.at(other).wake();
    }
    return false;
  };
  FunctionBody ping([&] { return slice(1); });
  FunctionBody pong([&] { return slice(0); });
  const auto first = Strand::make(pool, ping);
  const auto second = Strand::make(pool, pong);
  wakers = {first->waker(), second->waker()};
  first->wake();
  finished.wait_for(1);
  first->close();
  second->close();
  EXPECT_EQ(hops, kHops + 1);
}

TEST(WorkerPool, StealingBalancesASkewedLoad) {
  // One worker has all strands in its own queue. A worker that is ahead of another waits inside a
  // slice, so the test ends only if stealing brings every worker its share, again and again.
  constexpr std::size_t kWorkers = 3;
  constexpr int kStrands = 60;
  constexpr int kSlicesEach = 100;
  constexpr std::uint64_t kAheadMax = 100;  // slices
  constexpr int kTotal = kStrands * kSlicesEach;
  Tally done;
  WorkerPool pool({.workers = kWorkers});
  const auto least = [&] {
    std::uint64_t fewest = ~std::uint64_t{0};
    for (const auto& worker : pool.stats_by_worker()) fewest = std::min(fewest, worker.executed);
    return fewest;
  };
  thread_local std::uint64_t mine;
  std::vector<std::unique_ptr<FunctionBody>> bodies;
  std::vector<std::shared_ptr<Strand>> strands;
  for (int i = 0; i < kStrands; ++i) {
    bodies.push_back(std::make_unique<FunctionBody>([&, slices = 0]() mutable {
      ++mine;
      // At the end those who wait may hold all that is left, and nobody could catch up.
      while (mine > least() + kAheadMax &&
             done.value() < kTotal - static_cast<int>(kWorkers) * kSlicesEach) {
        std::this_thread::yield();
      }
      done.add();
      return ++slices < kSlicesEach;
    }));
    strands.push_back(Strand::make(pool, *bodies.back()));
  }
  FunctionRunnable skewed([&] {
    for (const auto& strand : strands) strand->wake();  // into this worker's own queue
  });
  pool.post(skewed);
  done.wait_for(kTotal);
  for (const auto& strand : strands) strand->close();
  EXPECT_GT(pool.stats().stolen, 0U);
  for (const auto& worker : pool.stats_by_worker()) {
    EXPECT_GE(worker.executed, kTotal / kWorkers / 2);
  }
}

TEST(WorkerPool, AbandonsWhatIsQueuedWhenItEnds) {
  Tally ran;
  Tally abandoned;
  std::latch entered(1);
  std::latch leave(1);
  FunctionRunnable blocker([&] {
    entered.count_down();
    leave.wait();
  });
  std::vector<std::unique_ptr<FunctionRunnable>> queued;
  for (int i = 0; i < 10; ++i) {
    queued.push_back(
        std::make_unique<FunctionRunnable>([&] { ran.add(); }, [&] { abandoned.add(); }));
  }
  {
    WorkerPool pool({.workers = 1});
    pool.post(blocker);
    entered.wait();
    for (const auto& runnable : queued) pool.post(*runnable);
    leave.count_down();
  }
  EXPECT_EQ(ran.value() + abandoned.value(), 10);  // each has one end, and none is forgotten
}

TEST(StealQueue, IsFirstInFirstOutAndBounded) {
  StealQueue queue;
  Runnables all = make_runnables(static_cast<int>(StealQueue::kCapacity) + 1, [] {});
  for (std::size_t i = 0; i < StealQueue::kCapacity; ++i) ASSERT_TRUE(queue.push(*all[i]));
  EXPECT_FALSE(queue.push(*all.back()));
  EXPECT_EQ(queue.pop(), all[0].get());
  std::array<Runnable*, StealQueue::kStealMax> loot{};
  ASSERT_EQ(queue.steal(loot), StealQueue::kStealMax);  // half of 255, rounded up
  EXPECT_EQ(loot[0], all[1].get());
  EXPECT_EQ(queue.pop(), all[1 + StealQueue::kStealMax].get());
  while (queue.pop() != nullptr) {
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.steal(loot), 0U);
}

TEST(StealQueueStress, EveryRunnableIsTakenOnce) {
  constexpr int kRunnables = 20'000;
  constexpr int kThieves = 2;
  std::vector<int> taken(kRunnables, 0);  // not atomic: taking has to be exclusive
  std::vector<std::unique_ptr<FunctionRunnable>> all;
  for (int i = 0; i < kRunnables; ++i) {
    int& slot = taken[static_cast<std::size_t>(i)];
    all.push_back(std::make_unique<FunctionRunnable>([&slot] { ++slot; }));
  }
  StealQueue queue;
  std::atomic<int> left{kRunnables};
  {
    std::vector<std::jthread> thieves;
    for (int t = 0; t < kThieves; ++t) {
      thieves.emplace_back([&] {
        std::array<Runnable*, StealQueue::kStealMax> loot{};
        while (left.load() > 0) {
          const std::size_t count = queue.steal(loot);
          for (std::size_t i = 0; i < count; ++i) loot[i]->run();
          left.fetch_sub(static_cast<int>(count));
        }
      });
    }
    for (const auto& runnable : all) {
      while (!queue.push(*runnable)) {
        if (Runnable* const own = queue.pop()) {
          own->run();
          left.fetch_sub(1);
        }
      }
    }
  }
  EXPECT_EQ(taken, std::vector<int>(kRunnables, 1));
}

}  // namespace
}  // namespace parley::exec
