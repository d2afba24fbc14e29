// SPDX-License-Identifier: Apache-2.0
#include "exec/manual_executor.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exec/strand.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

using namespace std::chrono_literals;

TEST(ManualExecutor, RunsInOrderAndWhatIsPostedMeanwhile) {
  ManualExecutor executor;
  std::string order;
  FunctionRunnable late([&] { order += 'c'; });
  FunctionRunnable first([&] {
    order += 'a';
    executor.post(late);
  });
  FunctionRunnable second([&] { order += 'b'; });
  executor.post(first);
  executor.post(second);
  EXPECT_EQ(order, "");
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(order, "a");
  EXPECT_EQ(executor.run_until_idle(), 2U);
  EXPECT_EQ(order, "abc");
  EXPECT_FALSE(executor.run_one());
}

/// A strand that notes the virtual time of each slice.
struct Probe {
  explicit Probe(ManualRuntime& in) : runtime(in) {}
  ManualRuntime& runtime;
  std::vector<Nanos> times;
  FunctionBody body{[this] { return times.push_back(runtime.clock.now().since_zero), false; }};
  std::shared_ptr<Strand> strand = Strand::make(runtime.executor, body);
};

TEST(ManualRuntime, StopsAtEachTimerInOrder) {
  ManualRuntime runtime;
  Probe probe(runtime);
  for (const Nanos at : {30ms, 10ms, 20ms}) {
    runtime.timers.schedule(Instant{at}, probe.strand->waker());
  }
  runtime.run_for(20ms);
  EXPECT_EQ(probe.times, (std::vector<Nanos>{10ms, 20ms}));  // the end is included
  EXPECT_EQ(runtime.clock.now(), Instant{20ms});
  EXPECT_EQ(runtime.timers.next(), Instant{30ms});
  runtime.run_for(1h);
  EXPECT_EQ(probe.times.back(), 30ms);
  EXPECT_EQ(runtime.clock.now(), Instant{1h + 20ms});
  EXPECT_EQ(runtime.timers.next(), Instant::never());
}

TEST(ManualRuntime, TimersSetByWorkFireInTheSameRun) {
  ManualRuntime runtime;
  std::vector<Nanos> times;
  std::shared_ptr<Strand> strand;
  FunctionBody body([&] {
    times.push_back(runtime.clock.now().since_zero);
    runtime.timers.schedule(runtime.clock.now() + 20ms, strand->waker());
    return false;
  });
  strand = Strand::make(runtime.executor, body);
  strand->wake();
  runtime.run_for(50ms);
  EXPECT_EQ(times, (std::vector<Nanos>{0ms, 20ms, 40ms}));
}

TEST(ManualTimers, CancelledTimersDoNotFireAndDueOnesFireAtOnce) {
  ManualRuntime runtime;
  Probe probe(runtime);
  const auto id = runtime.timers.schedule(Instant{10ms}, probe.strand->waker());
  EXPECT_NE(id, 0U);
  EXPECT_EQ(runtime.timers.size(), 1U);
  runtime.timers.cancel(id);
  runtime.timers.cancel(id);
  runtime.timers.cancel(12345);
  runtime.run_for(20ms);
  EXPECT_TRUE(probe.times.empty());
  EXPECT_NE(runtime.timers.schedule(Instant{5ms}, probe.strand->waker()), id);
  runtime.run_until_idle();
  EXPECT_EQ(probe.times, (std::vector<Nanos>{20ms}));
}

}  // namespace
}  // namespace parley::exec
