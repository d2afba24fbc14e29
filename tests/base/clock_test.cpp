// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

using namespace std::chrono_literals;

TEST(Instant, SubtractsToADurationAndOrders) {
  const Instant zero;
  const Instant later = zero + 5ms;
  EXPECT_EQ(later - zero, 5ms);
  EXPECT_LT(zero, later);
  EXPECT_EQ(later - 5ms, zero);
  EXPECT_LT(later, Instant::never());
}

TEST(ManualClock, StartsAtZeroAndMovesOnlyWhenTold) {
  ManualClock clock(1000);
  EXPECT_EQ(clock.now(), Instant{});
  EXPECT_EQ(clock.unix_seconds(), 1000);
  clock.advance(2500ms);
  EXPECT_EQ(clock.now(), Instant{2500ms});
  EXPECT_EQ(clock.unix_seconds(), 1002);
}

TEST(ManualClock, NeverGoesBack) {
  ManualClock clock;
  clock.advance_to(Instant{10ms});
  clock.advance_to(Instant{4ms});
  EXPECT_EQ(clock.now(), Instant{10ms});
}

TEST(SteadyClock, DoesNotGoBackAndKnowsTheDate) {
  const SteadyClock clock;
  const Instant first = clock.now();
  EXPECT_LE(first, clock.now());
  EXPECT_GT(clock.unix_seconds(), 1'700'000'000);  // after 2023
}

}  // namespace
}  // namespace parley
