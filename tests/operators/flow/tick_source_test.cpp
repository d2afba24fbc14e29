// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/tick_source.h"

#include <memory>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::Control;
using std::chrono_literals::operator""ms;
using test::OperatorHarness;

TEST(TickSource, TicksByTheClockAndEnds) {
  OperatorHarness harness(std::make_unique<TickSource>(
      TickSource::Options{.name = "route", .period = 100ms, .count = 3}));
  ASSERT_TRUE(harness.open());
  harness.run();
  EXPECT_EQ(harness.read<Control>("out").size(), 1U);
  EXPECT_TRUE(harness.as<TickSource>().is_busy());
  harness.advance(99ms);
  EXPECT_EQ(harness.read<Control>("out").size(), 0U);
  harness.advance(500ms);
  const std::vector<Control> ticks = harness.read<Control>("out");
  ASSERT_EQ(ticks.size(), 2U);
  EXPECT_EQ(ticks[1].name, "route");
  EXPECT_EQ(std::get<std::int64_t>(ticks[1].value), 3);
  EXPECT_EQ(ticks[1].head.pts.ms(), 200);
  EXPECT_TRUE(ticks[1].head.is_last);
  EXPECT_FALSE(ticks[0].head.is_last);
  EXPECT_FALSE(harness.as<TickSource>().is_busy());
  EXPECT_TRUE(harness.pipeline().finished());
}

TEST(TickSource, TogglesAndLosesNothingWhenThereIsNoRoom) {
  OperatorHarness harness(
      std::make_unique<TickSource>(TickSource::Options{.period = 1ms, .count = 4, .toggles = true}),
      {.outlet_capacity = 1});
  ASSERT_TRUE(harness.open());
  harness.run();
  harness.advance(10ms);
  const std::vector<Control> ticks = harness.read<Control>("out");
  ASSERT_EQ(ticks.size(), 4U);
  EXPECT_TRUE(std::get<bool>(ticks[0].value));
  EXPECT_FALSE(std::get<bool>(ticks[3].value));
}

}  // namespace
}  // namespace parley::operators
