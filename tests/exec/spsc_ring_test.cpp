// SPDX-License-Identifier: Apache-2.0
#include "exec/spsc_ring.h"

#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace parley::exec {
namespace {

TEST(SpscRing, IsFirstInFirstOutAndRefusesWhenFull) {
  SpscRing<int> ring(3);
  EXPECT_EQ(ring.capacity(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.try_push(int{i}));
  EXPECT_FALSE(ring.try_push(4));
  EXPECT_EQ(ring.size(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ring.try_pop(), i);
  EXPECT_EQ(ring.try_pop(), std::nullopt);
}

TEST(SpscRing, ARefusedValueStaysWithTheCallerAndAPoppedOneIsGone) {
  SpscRing<std::shared_ptr<int>> ring(1);
  auto first = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = first;
  auto second = std::make_shared<int>(2);
  EXPECT_TRUE(ring.try_push(std::move(first)));
  EXPECT_FALSE(ring.try_push(std::move(second)));
  EXPECT_NE(second, nullptr);  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_EQ(**ring.try_pop(), 1);
  EXPECT_TRUE(seen.expired());
}

TEST(SpscRing, WorksWithOneSlotAndWrapsManyTimes) {
  SpscRing<int> ring(1);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(ring.try_push(int{i}));
    EXPECT_FALSE(ring.try_push(-1));
    EXPECT_EQ(ring.try_pop(), i);
  }
}

TEST(SpscRingStress, AllValuesArriveInOrder) {
  constexpr int kValues = 50'000;
  SpscRing<std::unique_ptr<int>> ring(16);
  std::jthread producer([&] {
    for (int i = 0; i < kValues; ++i) {
      auto value = std::make_unique<int>(i);
      while (!ring.try_push(std::move(value))) std::this_thread::yield();
    }
  });
  for (int i = 0; i < kValues;) {
    if (const auto value = ring.try_pop()) {
      ASSERT_EQ(**value, i++);
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace
}  // namespace parley::exec
