// SPDX-License-Identifier: Apache-2.0
#include "graph/runner_jobs.h"

#include <future>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/runner.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

class RunnerJobsTest : public ::testing::Test {
 protected:
  RunnerJobsTest() {
    GraphSpec spec;
    spec.add("relay", std::make_unique<test::Relay>());
    spec.inlet<media::SpeechEvent>("in", "relay.in").outlet<media::SpeechEvent>("out", "relay.out");
    runner = *Runner::open(std::move(spec), {.scheduler = SchedulerType::async},
                           {.clock = runtime.clock,
                            .timers = runtime.timers,
                            .metrics = metrics,
                            .virtual_time = &runtime});
  }
  std::future<RunnerJobs::Outcome> add() { return runner->run_async({{"in", {test::event(1)}}}); }

  exec::ManualRuntime runtime;
  Metrics metrics;
  std::unique_ptr<Runner> runner;
};

TEST_F(RunnerJobsTest, RefusesMoreThanItsLimit) {
  std::vector<std::future<RunnerJobs::Outcome>> futures;
  for (std::size_t i = 0; i < Runner::kJobsMax; ++i) futures.push_back(add());
  EXPECT_EQ(add().get().error().message, "1024 runs wait already");
  runtime.run_until_idle();
  for (auto& future : futures) {
    const RunnerJobs::Outcome out = future.get();
    ASSERT_TRUE(out);
    EXPECT_EQ(out->at("out").size(), 1U);
  }
}

TEST_F(RunnerJobsTest, CancelsWhatWaitsWhenItStops) {
  auto first = add();
  auto second = add();
  runner->stop();
  EXPECT_EQ(first.get().error().code, ErrorCode::cancelled);
  EXPECT_EQ(second.get().error().message, "the runner was stopped");
}

}  // namespace
}  // namespace parley::graph
