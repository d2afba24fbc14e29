// SPDX-License-Identifier: Apache-2.0
#include "exec/run_queue.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

TEST(RunQueue, IsFirstInFirstOutAndTakesARunnableAgain) {
  RunQueue queue;
  FunctionRunnable a([] {});
  FunctionRunnable b([] {});
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), nullptr);
  queue.push(a);
  queue.push(b);
  EXPECT_EQ(queue.pop(), &a);
  queue.push(a);
  EXPECT_EQ(queue.pop(), &b);
  EXPECT_EQ(queue.pop(), &a);
  EXPECT_TRUE(queue.empty());
}

TEST(RunQueue, AbandonsWhatIsLeft) {
  int abandoned = 0;
  FunctionRunnable a([] {}, [&] { ++abandoned; });
  {
    RunQueue queue;
    queue.push(a);
  }
  EXPECT_EQ(abandoned, 1);
}

TEST(RunQueueStress, EveryRunnableComesOutOnce) {
  constexpr int kPushers = 2;
  constexpr int kEach = 5000;
  std::vector<int> taken(kPushers * kEach, 0);  // not atomic: popping has to be exclusive
  std::vector<std::unique_ptr<FunctionRunnable>> all;
  for (int& slot : taken) all.push_back(std::make_unique<FunctionRunnable>([&slot] { ++slot; }));
  RunQueue queue;
  std::atomic<int> left{kPushers * kEach};
  {
    std::vector<std::jthread> threads;
    for (std::size_t p = 0; p < kPushers; ++p) {
      threads.emplace_back([&, p] {
        for (std::size_t i = 0; i < kEach; ++i) queue.push(*all[p * kEach + i]);
      });
      threads.emplace_back([&] {
        while (left.load() > 0) {
          if (Runnable* const one = queue.pop()) {
            one->run();
            left.fetch_sub(1);
          } else {
            std::this_thread::yield();
          }
        }
      });
    }
  }
  EXPECT_EQ(taken, std::vector<int>(kPushers * kEach, 1));
}

}  // namespace
}  // namespace parley::exec
