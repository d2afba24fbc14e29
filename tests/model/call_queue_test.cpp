// SPDX-License-Identifier: Apache-2.0
#include "model/call_queue.h"

#include <gtest/gtest.h>

namespace parley::model {
namespace {

struct NumberedCall : Call {
  int number = 0;
};

std::shared_ptr<NumberedCall> make_call(int number, Instant deadline) {
  auto call = std::make_shared<NumberedCall>();
  call->number = number;
  call->begin({}, deadline);
  return call;
}

Instant at_ms(int ms) { return {Millis(ms)}; }

bool push(CallQueue<NumberedCall>& queue, std::shared_ptr<NumberedCall> call) {
  return queue.push(call, at_ms(0));
}

std::vector<int> pop(CallQueue<NumberedCall>& queue, std::size_t count) {
  std::vector<CallQueue<NumberedCall>::Item> items;
  queue.pop(count, at_ms(0), items);
  std::vector<int> numbers;
  numbers.reserve(items.size());
  for (const auto& item : items) numbers.push_back(item.call->number);
  return numbers;
}

TEST(CallQueue, GivesTheEarliestDeadlineFirstAndKeepsOrderAmongEquals) {
  CallQueue<NumberedCall> queue(8);
  ASSERT_TRUE(push(queue, make_call(1, Instant::never())));
  ASSERT_TRUE(push(queue, make_call(2, at_ms(30))));
  ASSERT_TRUE(push(queue, make_call(3, at_ms(10))));
  ASSERT_TRUE(push(queue, make_call(4, at_ms(30))));
  EXPECT_EQ(pop(queue, 2), (std::vector{3, 2}));
  EXPECT_EQ(pop(queue, 8), (std::vector{4, 1}));
}

TEST(CallQueue, RefusesWhenFullAndLeavesTheReference) {
  CallQueue<NumberedCall> queue(1);
  ASSERT_TRUE(push(queue, make_call(1, at_ms(1))));
  auto refused = make_call(2, at_ms(1));
  EXPECT_FALSE(queue.push(refused, at_ms(0)));
  EXPECT_NE(refused, nullptr);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(CallQueue, TakesOutOneFromTheMiddle) {
  CallQueue<NumberedCall> queue(8);
  std::vector<std::shared_ptr<NumberedCall>> calls;
  for (int i = 0; i < 6; ++i) {
    calls.push_back(make_call(i, at_ms(100 - i)));
    ASSERT_TRUE(push(queue, calls.back()));
  }
  EXPECT_EQ(queue.remove(*calls[3]), calls[3]);
  EXPECT_EQ(queue.remove(*calls[3]), nullptr);
  EXPECT_EQ(pop(queue, 8), (std::vector{5, 4, 2, 1, 0}));
}

TEST(CallQueue, RefusesAfterClose) {
  CallQueue<NumberedCall> queue(2);
  queue.close();
  EXPECT_FALSE(push(queue, make_call(1, at_ms(1))));
}

}  // namespace
}  // namespace parley::model
