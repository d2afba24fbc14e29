// SPDX-License-Identifier: Apache-2.0
#include "exec/thread_executor.h"

#include <array>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include "exec/parker.h"
#include "exec/pin_thread.h"
#include "exec/resource_pool.h"
#include "exec/thread_name.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

TEST(ThreadExecutor, RunsInOrderOnOneNamedThread) {
  std::vector<int> order;  // not atomic: one thread
  std::array<char, kThreadNameBytesMax + 1> name{};
  Tally done;
  FunctionRunnable first([&] {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    order.push_back(1);
  });
  FunctionRunnable second([&] { order.push_back(2); });
  FunctionRunnable third([&] {
    order.push_back(3);
    done.add();
  });
  ThreadExecutor executor("model-host-with-a-long-name");
  executor.post(first);
  executor.post(second);
  executor.post(third);
  done.wait_for(1);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(std::string(name.data()), "model-host-with");  // Linux keeps 15 characters
}

TEST(ThreadName, IsCutToWhatLinuxKeeps) {
  std::jthread([] {
    std::array<char, kThreadNameBytesMax + 1> name{};
    set_thread_name("0123456789abcdefgh");
    pthread_getname_np(pthread_self(), name.data(), name.size());
    EXPECT_STREQ(name.data(), "0123456789abcde");
  });
}

TEST(ThreadExecutor, WakesForEveryPost) {
  Tally done;
  FunctionRunnable runnable([&] { done.add(); });
  ThreadExecutor executor("test");
  for (int i = 1; i <= 1000; ++i) {
    executor.post(runnable);
    done.wait_for(i);
  }
}

TEST(ThreadExecutor, AbandonsWhatIsQueuedWhenItEnds) {
  std::latch entered(1);
  std::latch leave(1);
  Tally ends;
  FunctionRunnable blocker([&] {
    entered.count_down();
    leave.wait();
  });
  FunctionRunnable queued([&] { ends.add(); }, [&] { ends.add(); });
  {
    ThreadExecutor executor("test");
    executor.post(blocker);
    entered.wait();
    executor.post(queued);
    leave.count_down();
  }
  EXPECT_EQ(ends.value(), 1);
}

TEST(Parker, AnEarlierUnparkIsATokenAndSeveralAreOne) {
  Parker parker;
  parker.unpark();
  parker.unpark();
  parker.park();  // returns at once
  const SteadyClock clock;
  EXPECT_FALSE(parker.park_until(clock.now()));  // the token is used up
  EXPECT_FALSE(parker.park_until(Instant{}));    // long ago
}

TEST(ParkerStress, EveryUnparkIsSeen) {
  constexpr int kRounds = 3000;
  Parker there;
  Parker back;
  int value = 0;  // not atomic: the tokens order it
  std::jthread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      there.park();
      ++value;
      back.unpark();
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    ++value;
    there.unpark();
    back.park();
  }
  EXPECT_EQ(value, 2 * kRounds);
}

TEST(ThreadExecutor, StaysOnItsCores) {
  const auto pool = ResourcePool::make({}).value();
  const ResourceLease lease = *pool->try_lease({.cores = 1});
  std::atomic<int> count{0};
  std::atomic<bool> is_ours{false};
  Tally done;
  FunctionRunnable look([&] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof(set), &set);
    count = CPU_COUNT(&set);
    is_ours = CPU_ISSET(static_cast<std::size_t>(lease.cores()[0]), &set);
    done.add();
  });
  ThreadExecutor executor("pinned", lease.cores());
  executor.post(look);
  done.wait_for(1);
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(is_ours);
  const std::array<int, 1> nowhere{100'000};
  EXPECT_FALSE(pin_thread(nowhere));
}

}  // namespace
}  // namespace parley::exec
