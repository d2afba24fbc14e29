// SPDX-License-Identifier: Apache-2.0
#include "base/tick_clock.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(TickClock, CountsNanosecondsOfAVirtualClock) {
  ManualClock clock;
  clock.advance(Millis(5));
  const TickClock ticks(clock);
  EXPECT_EQ(ticks.first(), 5'000'000U);
  clock.advance(Nanos(7));
  EXPECT_EQ(ticks.now(), 5'000'007U);
  EXPECT_EQ(ticks.nanos_per_tick(), 1.0);
}

TEST(TickClock, GoesForwardWithTheMachine) {
  const SteadyClock clock;
  const TickClock ticks(clock);
  const Instant begin = clock.now();
  while (clock.now() - begin < Millis(2)) {
  }
  const std::uint64_t passed = ticks.now() - ticks.first();
  EXPECT_GT(passed, 0U);
  // The loop took at least 2 ms, and `first` was before it.
  EXPECT_GE(static_cast<double>(passed) * ticks.nanos_per_tick(), 1.9e6);
}

}  // namespace
}  // namespace parley
