// SPDX-License-Identifier: Apache-2.0
#include "exec/timing_wheel.h"

#include <algorithm>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "exec/manual_executor.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

using Tick = TimingWheel::Tick;

std::vector<TimingWheel::Id> advance(TimingWheel& wheel, Tick to) {
  std::vector<TimingWheel::Expired> expired;
  wheel.advance(to, expired);
  std::vector<TimingWheel::Id> ids;
  for (const auto& timer : expired) ids.push_back(timer.id);
  return ids;
}

TEST(TimingWheel, ExpiresAtTheTickAndNotBefore) {
  for (const Tick start : {Tick{0}, Tick{250}, Tick{65'530}, (Tick{1} << 32U) - 3}) {
    for (const Tick delay : {1U, 5U, 255U, 256U, 257U, 65'535U, 65'536U, 16'777'216U}) {
      TimingWheel wheel(start);
      const auto id = wheel.insert(start + delay, {});
      EXPECT_TRUE(advance(wheel, start + delay - 1).empty()) << start << " + " << delay;
      EXPECT_EQ(wheel.size(), 1U);
      EXPECT_EQ(advance(wheel, start + delay), (std::vector{id})) << start << " + " << delay;
      EXPECT_EQ(wheel.size(), 0U);
    }
  }
}

TEST(TimingWheel, ReachesBeyondItsLevels) {
  TimingWheel wheel(7);
  const Tick far = (Tick{3} << 32U) + 5;
  const auto id = wheel.insert(far, {});
  wheel.insert(TimingWheel::kNever, {});
  EXPECT_TRUE(advance(wheel, far - 1).empty());
  EXPECT_EQ(advance(wheel, far), (std::vector{id}));
  EXPECT_EQ(wheel.size(), 1U);
}

TEST(TimingWheel, WhatIsOverdueExpiresAtTheNextTick) {
  TimingWheel wheel(100);
  const auto id = wheel.insert(3, {});
  EXPECT_EQ(wheel.next_event(), 101U);
  EXPECT_EQ(advance(wheel, 101), (std::vector{id}));
}

TEST(TimingWheel, CancelTakesOutOnceAndOldIdsFindNothing) {
  ManualExecutor executor;
  FunctionBody body([] { return false; });
  const auto strand = Strand::make(executor, body);
  TimingWheel wheel;
  const auto id = wheel.insert(10, strand->waker());
  EXPECT_NE(id, 0U);
  EXPECT_TRUE(wheel.cancel(id));
  EXPECT_FALSE(wheel.cancel(id));
  const auto again = wheel.insert(10, strand->waker());  // the same node, another id
  EXPECT_NE(again, id);
  EXPECT_FALSE(wheel.cancel(id));
  EXPECT_FALSE(wheel.cancel(0));
  EXPECT_FALSE(wheel.cancel(~TimingWheel::Id{0}));
  EXPECT_EQ(advance(wheel, 10), (std::vector{again}));
  EXPECT_FALSE(wheel.cancel(again));
}

TEST(TimingWheel, ATimerIsWorthAtMostThreeEarlyEvents) {
  TimingWheel wheel;
  EXPECT_EQ(wheel.next_event(), TimingWheel::kNever);
  const Tick at = 0x01'02'03'04;
  const auto id = wheel.insert(at, {});
  std::vector<Tick> events;
  std::vector<TimingWheel::Id> fired;
  while (wheel.next_event() != TimingWheel::kNever) {
    events.push_back(wheel.next_event());
    fired = advance(wheel, wheel.next_event());
  }
  EXPECT_EQ(events, (std::vector<Tick>{0x01'00'00'00, 0x01'02'00'00, 0x01'02'03'00, at}));
  EXPECT_EQ(fired, (std::vector{id}));
}

// The naive model: a sorted map of what waits.
TEST(TimingWheel, AgreesWithASortedMapOverRandomOperations) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    TimingWheel wheel(random.next() >> 20U);
    std::map<TimingWheel::Id, Tick> model;
    std::vector<TimingWheel::Id> ids;
    // Delays of every magnitude: a random number of random bits.
    const auto delay = [&] { return random.next() >> (28U + random.next() % 36U); };
    for (int step = 0; step < 3000; ++step) {
      const std::uint64_t what = random.next() % 10;
      if (what < 6) {
        const Tick at = wheel.now() + delay();
        const auto id = wheel.insert(at, {});
        ASSERT_TRUE(model.emplace(id, std::max(at, wheel.now() + 1)).second);
        ids.push_back(id);
      } else if (what < 8 && !ids.empty()) {
        const auto id = ids[random.next() % ids.size()];
        wheel.cancel(id);
        model.erase(id);
      } else {
        const Tick to = what == 8 ? wheel.now() + delay() % 5000 : wheel.now() + delay();
        std::vector<TimingWheel::Expired> expired;
        wheel.advance(to, expired);
        Tick last = 0;
        for (const auto& timer : expired) {
          const auto found = model.find(timer.id);
          ASSERT_NE(found, model.end()) << "fired twice, or after it was cancelled";
          ASSERT_LE(found->second, to);
          ASSERT_GE(found->second, last) << "not in the order of ticks";
          last = found->second;
          model.erase(found);
        }
        for (const auto& [id, at] : model) ASSERT_GT(at, to) << "did not fire";
      }
      ASSERT_EQ(wheel.size(), model.size());
      Tick earliest = TimingWheel::kNever;
      for (const auto& [id, at] : model) earliest = std::min(earliest, at);
      ASSERT_LE(wheel.next_event(), earliest);
    }
  }
}

}  // namespace
}  // namespace parley::exec
