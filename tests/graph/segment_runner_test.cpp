// SPDX-License-Identifier: Apache-2.0
//
// That a graph which always has something to do leaves room for others: shown by counting calls, on
// an executor that runs one slice after the other.
#include "graph/segment_runner.h"

#include <cstdint>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/runner.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

constexpr std::uint64_t kSliceStepsMax = SegmentRunner::kStepsPerLook * SegmentRunner::kLooksMax;

class SegmentRunnerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Runner> open(test::Custom::Body body) {
    GraphSpec spec;
    spec.add("op", std::make_unique<test::Custom>(std::move(body)));
    spec.inlet<media::SpeechEvent>("in", "op.in");
    return *Runner::open(std::move(spec), {.scheduler = SchedulerType::async},
                         {.clock = runtime.clock,
                          .timers = runtime.timers,
                          .metrics = metrics,
                          .virtual_time = &runtime});
  }
  exec::ManualRuntime runtime;
  Metrics metrics;
};

TEST_F(SegmentRunnerTest, AnEndlessOperatorDoesNotStarveOthers) {
  std::uint64_t endless_calls = 0;
  std::uint64_t short_calls = 0;
  const auto endless = open([&](test::Custom& self, ProcessContext&) -> Result<Progress> {
    ++endless_calls;
    self.out.push(test::event(endless_calls));  // moves something every time
    return Progress::more_output;
  });
  const auto brief = open([&](test::Custom& self, ProcessContext&) -> Result<Progress> {
    if (self.in.empty()) return Progress::need_input;
    (void)self.in.pop();
    ++short_calls;
    return Progress::need_input;
  });
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(runtime.executor.run_one());  // both began
  for (std::uint64_t round = 1; round <= 20; ++round) {
    const std::uint64_t before = endless_calls;
    ASSERT_TRUE(brief->push("in", test::event(round)));
    while (short_calls < round) ASSERT_TRUE(runtime.executor.run_one());
    EXPECT_LE(endless_calls - before, kSliceStepsMax);  // one slice of the other at most
  }
  EXPECT_GT(endless_calls, 10 * kSliceStepsMax);  // which goes on all the same
}

TEST_F(SegmentRunnerTest, ASliceEndsWhenItsTimeIsSpent) {
  std::uint64_t calls = 0;
  const auto slow = open([&](test::Custom& self, ProcessContext&) -> Result<Progress> {
    if (self.in.empty()) return Progress::need_input;
    (void)self.in.pop();
    ++calls;
    runtime.clock.advance(Micros(100));  // what it costs
    return Progress::need_input;
  });
  for (int i = 0; i < 4; ++i) runtime.executor.run_one();
  for (std::uint64_t i = 0; i < 500; ++i) ASSERT_TRUE(slow->push("in", test::event(i)));
  calls = 0;
  ASSERT_TRUE(runtime.executor.run_one());
  EXPECT_EQ(calls,
            SegmentRunner::kStepsPerLook);  // 3.2 ms: over the limit of 2 ms at the first look
  runtime.executor.run_until_idle();
  EXPECT_EQ(calls, 500U);
}

}  // namespace
}  // namespace parley::graph
