// SPDX-License-Identifier: Apache-2.0
#include "exec/mailbox.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "exec/chunked_queue.h"
#include "exec/manual_executor.h"
#include "exec/worker_pool.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

TEST(Mailbox, KeepsOrderAndSystemOvertakes) {
  Mailbox<std::string> mailbox({}, {});
  EXPECT_EQ(mailbox.push("a"), PushResult::accepted);
  EXPECT_EQ(mailbox.push("b"), PushResult::accepted);
  EXPECT_EQ(mailbox.push("cancel", Lane::system), PushResult::accepted);
  EXPECT_EQ(mailbox.size(), 3U);
  EXPECT_EQ(mailbox.pop(), "cancel");
  EXPECT_EQ(mailbox.pop(), "a");
  EXPECT_EQ(mailbox.pop(), "b");
  EXPECT_EQ(mailbox.pop(), std::nullopt);
}

TEST(Mailbox, WakesItsStrandForEachAcceptedMessage) {
  ManualExecutor executor;
  int slices = 0;
  FunctionBody body([&] { return ++slices, false; });
  const auto strand = Strand::make(executor, body);
  Mailbox<int> mailbox({.capacity = 1}, strand->waker());
  mailbox.push(1);
  executor.run_until_idle();
  EXPECT_EQ(slices, 1);
  EXPECT_EQ(mailbox.push(2), PushResult::full);
  executor.run_until_idle();
  EXPECT_EQ(slices, 1);
}

TEST(Mailbox, RefusesOrDropsTheOldestWhenFullAndCounts) {
  Counter refused;
  Mailbox<int> refusing({.capacity = 2, .when_full = WhenFull::fail, .refused_metric = &refused},
                        {});
  for (int i = 0; i < 5; ++i) refusing.push(int{i});
  EXPECT_EQ(refusing.refused(), 3U);
  EXPECT_EQ(refused.value(), 3U);
  EXPECT_EQ(refusing.pop(), 0);

  Counter dropped;
  Mailbox<int> dropping(
      {.capacity = 2, .when_full = WhenFull::drop_oldest, .dropped_metric = &dropped}, {});
  EXPECT_EQ(dropping.push(0), PushResult::accepted);
  EXPECT_EQ(dropping.push(1), PushResult::accepted);
  EXPECT_EQ(dropping.push(2), PushResult::dropped_oldest);
  EXPECT_EQ(dropping.dropped(), 1U);
  EXPECT_EQ(dropped.value(), 1U);
  EXPECT_EQ(dropping.pop(), 1);
  EXPECT_EQ(dropping.pop(), 2);
}

TEST(Mailbox, SystemHasItsOwnLimitAndIsNeverDropped) {
  Mailbox<int> mailbox({.capacity = 1, .system_capacity = 1, .when_full = WhenFull::drop_oldest},
                       {});
  mailbox.push(1);
  EXPECT_EQ(mailbox.push(2, Lane::system), PushResult::accepted);  // audio cannot crowd it out
  EXPECT_EQ(mailbox.push(3, Lane::system), PushResult::full);
  EXPECT_EQ(mailbox.refused(), 1U);
  EXPECT_EQ(mailbox.dropped(), 0U);
}

TEST(Mailbox, ForgetsAndRefusesAfterClose) {
  const auto token = std::make_shared<int>(1);
  Mailbox<std::shared_ptr<int>> mailbox({}, {});
  mailbox.push(token);
  mailbox.push(token, Lane::system);
  mailbox.close();
  mailbox.close();
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(mailbox.push(token), PushResult::closed);
  EXPECT_EQ(mailbox.size(), 0U);
  EXPECT_EQ(mailbox.pop(), std::nullopt);
}

TEST(MailboxStress, EachProducersMessagesArriveInOrder) {
  constexpr int kProducers = 3;
  constexpr int kMessagesEach = 5000;
  struct Message {
    int producer;
    int number;
  };
  struct Consumer final : StrandBody {
    explicit Consumer(Executor& executor)
        : strand(Strand::make(executor, *this)),
          mailbox({.capacity = 64, .when_full = WhenFull::fail}, strand->waker()) {}
    bool run_slice() noexcept override {
      while (const auto message = mailbox.pop()) {
        in_order =
            in_order && message->number == next[static_cast<std::size_t>(message->producer)]++;
        seen.add();
      }
      return false;
    }
    std::shared_ptr<Strand> strand;
    Mailbox<Message> mailbox;
    std::vector<int> next = std::vector<int>(kProducers, 0);
    bool in_order = true;
    Tally seen;
  };
  WorkerPool pool({.workers = 2});
  Consumer consumer(pool);
  {
    std::vector<std::jthread> threads;
    for (int p = 0; p < kProducers; ++p) {
      threads.emplace_back([&, p] {
        for (int i = 0; i < kMessagesEach; ++i) {
          while (consumer.mailbox.push(Message{p, i}) == PushResult::full) {
            std::this_thread::yield();
          }
        }
      });
    }
  }
  consumer.seen.wait_for(kProducers * kMessagesEach);
  consumer.strand->close();
  EXPECT_TRUE(consumer.in_order);
}

TEST(ChunkedQueue, TakesNoMemoryBeforeUseAndOneChunkWhileShallow) {
  ChunkedQueue<std::string> queue;
  EXPECT_EQ(queue.chunks(), 0U);
  for (int i = 0; i < 1000; ++i) {
    queue.push(std::to_string(i));
    queue.push("x");
    EXPECT_EQ(queue.pop(), std::to_string(i));
    EXPECT_EQ(queue.pop(), "x");
    EXPECT_EQ(queue.chunks(), 1U);
  }
}

TEST(ChunkedQueue, GrowsInABurstAndGivesBackAllButASpare) {
  ChunkedQueue<int> queue;
  constexpr int kBurst = 10 * static_cast<int>(ChunkedQueue<int>::kChunkSlots);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kBurst; ++i) queue.push(int{i});
    EXPECT_GE(queue.chunks(), 10U);
    for (int i = 0; i < kBurst; ++i) ASSERT_EQ(queue.pop(), i);
    EXPECT_TRUE(queue.empty());
    EXPECT_LE(queue.chunks(), 2U);
  }
}

TEST(ChunkedQueue, AgreesWithACounterAtEveryDepth) {
  ChunkedQueue<std::unique_ptr<int>> queue;
  int pushed = 0;
  int popped = 0;
  for (int depth = 0; depth < 70; ++depth) {
    while (pushed - popped < depth) queue.push(std::make_unique<int>(pushed++));
    for (int i = 0; i < 40; ++i) {
      queue.push(std::make_unique<int>(pushed++));
      ASSERT_EQ(*queue.pop(), popped++);
    }
    ASSERT_EQ(queue.size(), static_cast<std::size_t>(pushed - popped));
  }
}

}  // namespace
}  // namespace parley::exec
