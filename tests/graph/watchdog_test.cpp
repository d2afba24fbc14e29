// SPDX-License-Identifier: Apache-2.0
#include "graph/watchdog.h"

#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "graph/pipeline.h"
#include "graph/runner.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using test::Custom;
using test::event;
using test::Relay;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// a -> slow; the slow one does what a test says, inside its call.
class WatchdogTest : public ::testing::Test {
 protected:
  void open(std::function<void()> inside) {
    GraphSpec spec;
    spec.add("a", std::make_unique<Relay>());
    spec.add("slow", std::make_unique<Custom>([inside = std::move(inside)](Custom& self, auto&) {
               if (self.in.empty()) return Result<Progress>(Progress::need_input);
               (void)self.in.pop();
               inside();
               return Result<Progress>(Progress::need_input);
             }));
    spec.connect("a.out", "slow.in").inlet<media::SpeechEvent>("in", "a.in");
    pipeline = *Pipeline::open(*Plan::compile(std::move(spec)), {.clock = runtime.clock,
                                                                 .timers = runtime.timers,
                                                                 .waker = exec::Waker(),
                                                                 .metrics = metrics,
                                                                 .watchdog = &watchdog,
                                                                 .name = "call 7",
                                                                 .on_stall = {}});
  }
  void run_one() {
    pipeline->inlet<media::SpeechEvent>("in").push(event(1));
    pipeline->run(100);
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  std::vector<std::string> heard;
  Watchdog watchdog{
      {.stall = Millis(500),
       .handler =
           [this](const Stall& stall) {
             heard.push_back(stall.pipeline + ", " + stall.node + ": " + stall.error().message);
           }},
      runtime.clock,
      runtime.timers,
      runtime.executor,
      metrics};
  std::unique_ptr<Pipeline> pipeline;
};

TEST_F(WatchdogTest, NamesTheOperatorThatStallsWhileItDoes) {
  std::vector<std::string> stalled_now;
  open([&] {
    runtime.run_for(Millis(625));  // the watchdog's own looks come by in this time
    for (const Stall& stall : watchdog.stalled()) stalled_now.push_back(stall.node);
  });
  run_one();
  EXPECT_THAT(stalled_now, ElementsAre("slow"));
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_THAT(heard[0], HasSubstr("call 7, slow: has been in one call for 5"));
  EXPECT_THAT(metrics.render(), HasSubstr(R"(parley_graph_stalls_total{node="slow"} 1)"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_graph_stalled 1"));
  runtime.run_for(Millis(200));
  EXPECT_THAT(watchdog.stalled(), IsEmpty());
  EXPECT_THAT(metrics.render(), HasSubstr("parley_graph_stalled 0"));
}

TEST_F(WatchdogTest, TheClientHearsOfItWhenTheCallIsOver) {
  open([&] { runtime.run_for(Millis(1000)); });
  run_one();
  ASSERT_EQ(pipeline->errors().size(), 1U);
  const media::ErrorEvent told = pipeline->errors().pop();
  EXPECT_EQ(told.node, "slow");
  EXPECT_EQ(told.error.code, ErrorCode::deadline_exceeded);
  EXPECT_EQ(pipeline->counters().stalled, 1U);
  EXPECT_FALSE(pipeline->failed());  // it went on in the end
}

TEST_F(WatchdogTest, SaysItOnceForEachStall) {
  open([&] { runtime.run_for(Millis(5000)); });
  run_one();
  EXPECT_EQ(heard.size(), 1U);
  run_one();
  EXPECT_EQ(heard.size(), 2U);
}

TEST_F(WatchdogTest, ManyShortCallsAreNoStall) {
  open([&] { runtime.run_for(Millis(100)); });
  for (int i = 0; i < 50; ++i) run_one();
  runtime.run_for(Millis(10'000));  // nor is having nothing to do
  EXPECT_THAT(heard, IsEmpty());
}

TEST_F(WatchdogTest, TimeInWhichItCouldNotLookIsNobodysStall) {
  open([&] {
    runtime.run_for(Millis(125));
    runtime.clock.advance(Millis(3000));  // the machine stood still: no timer came by
    runtime.run_for(Millis(200));
  });
  run_one();
  EXPECT_THAT(heard, IsEmpty());
  open([&] {
    runtime.clock.advance(Millis(3000));
    runtime.run_for(Millis(750));
  });
  run_one();
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(WatchdogTest, ForgetsAPipelineThatIsClosed) {
  open([&] {
    runtime.run_for(Millis(625));
    watchdog.forget(nullptr);  // unknown ones are fine
  });
  run_one();
  pipeline.reset();
  EXPECT_THAT(watchdog.stalled(), IsEmpty());
  EXPECT_EQ(watchdog.look(), 0U);
}

TEST(Watchdog, ReachesTheErrorHandlerOfARunnerWhoseWorkersAllStall) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  exec::ThreadExecutor thread("parley-watchdog");
  Metrics metrics;
  Watchdog watchdog({.stall = Millis(1)}, clock, timers, thread, metrics);
  std::latch told(1);
  GraphSpec spec;
  spec.add("slow", std::make_unique<Custom>([&](Custom& self, auto&) -> Result<Progress> {
             if (self.in.empty()) return Progress::need_input;
             (void)self.in.pop();
             told.wait();  // for ever, if nobody finds it
             return Progress::need_input;
           }));
  spec.inlet<media::SpeechEvent>("in", "slow.in");
  auto runner =
      *Runner::open(std::move(spec), {.scheduler = SchedulerType::async, .worker_threads = 1},
                    {.clock = clock,
                     .timers = timers,
                     .metrics = metrics,
                     .watchdog = &watchdog,
                     .name = "demo"});
  std::string node;
  runner->set_error_handler([&](const Failure& failure) {
    if (node.empty()) {
      node = failure.node;
      told.count_down();
    }
    return failure.policy;
  });
  ASSERT_TRUE(runner->run({{"in", {event(1)}}}));
  EXPECT_EQ(node, "slow");
  runner.reset();
}

}  // namespace
}  // namespace parley::graph
