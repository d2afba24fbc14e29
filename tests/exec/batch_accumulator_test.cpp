// SPDX-License-Identifier: Apache-2.0
#include "exec/batch_accumulator.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace parley::exec {
namespace {

using namespace std::chrono_literals;

TEST(BatchAccumulator, ClosesWhenFull) {
  BatchAccumulator<int> batch({.items_max = 2, .delay_max = 10ms});
  const Instant now;
  EXPECT_FALSE(batch.is_ready(now));
  EXPECT_TRUE(batch.add(1, now));
  EXPECT_FALSE(batch.is_ready(now));
  EXPECT_TRUE(batch.add(2, now));
  EXPECT_TRUE(batch.is_ready(now));
  EXPECT_EQ(batch.take(), (std::vector<int>{1, 2}));
  EXPECT_TRUE(batch.empty());
  EXPECT_FALSE(batch.is_ready(now + 1h));
}

TEST(BatchAccumulator, ClosesWhenTheEarliestHasWaitedLongEnough) {
  BatchAccumulator<int> batch({.items_max = 8, .delay_max = 10ms});
  EXPECT_EQ(batch.deadline(), Instant::never());
  EXPECT_TRUE(batch.add(1, Instant{5ms}));
  EXPECT_TRUE(batch.add(2, Instant{14ms}));  // a later one does not put the deadline off
  EXPECT_EQ(batch.deadline(), Instant{15ms});
  EXPECT_FALSE(batch.is_ready(Instant{15ms} - 1ns));
  EXPECT_TRUE(batch.is_ready(Instant{15ms}));
  EXPECT_EQ(batch.take(), (std::vector<int>{1, 2}));
}

TEST(BatchAccumulator, WhatDoesNotFitKeepsItsTimeOfArrival) {
  BatchAccumulator<std::unique_ptr<int>> batch({.items_max = 2, .delay_max = 10ms});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(batch.add(std::make_unique<int>(i), Instant{Millis(i)}));
  EXPECT_EQ(batch.take().size(), 2U);
  EXPECT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch.deadline(), Instant{12ms});
  EXPECT_EQ(*batch.take().front(), 2);
}

TEST(BatchAccumulator, RefusesBeyondItsLimitAndCounts) {
  BatchAccumulator<int> batch({.items_max = 1, .delay_max = 0ms, .waiting_max = 2});
  EXPECT_TRUE(batch.add(1, Instant{}));
  EXPECT_TRUE(batch.is_ready(Instant{}));  // no delay: at once
  EXPECT_TRUE(batch.add(2, Instant{}));
  EXPECT_FALSE(batch.add(3, Instant{}));
  EXPECT_EQ(batch.refused(), 1U);
}

}  // namespace
}  // namespace parley::exec
