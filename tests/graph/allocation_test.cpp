// SPDX-License-Identifier: Apache-2.0
//
// The audio path allocates nothing once it is warm: pool, ports and pipeline.
#include <optional>
#include <variant>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/pipeline.h"
#include "graph/runner.h"
#include "tests/support/allocation_counter.h"

namespace parley::graph {
namespace {

using media::AudioFrame;

class Half final : public Operator {
 public:
  Result<Progress> process(ProcessContext& context) override {
    while (!in_.empty()) {
      if (!out_.has_room()) return Progress::blocked;
      AudioFrame frame = in_.pop();
      for (float& sample : frame.samples.writable_floats()) sample *= 0.5F;
      out_.push(std::move(frame));
    }
    (void)context.now();
    return Progress::need_input;
  }

 private:
  In<AudioFrame> in_{*this, "in"};
  Out<AudioFrame> out_{*this, "out"};
};

TEST(AudioPath, AllocatesNothingWhenWarm) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool pool;
  GraphSpec spec;
  spec.add("a", std::make_unique<Half>()).add("b", std::make_unique<Half>());
  spec.add("c", std::make_unique<Half>());
  spec.connect("a.out", "b.in").connect("a.out", "c.in");  // fan-out: copy on write
  spec.inlet<AudioFrame>("input", "a.in");
  spec.outlet<AudioFrame>("left", "b.out").outlet<AudioFrame>("right", "c.out");
  Result<Plan> plan = Plan::compile(std::move(spec));
  ASSERT_TRUE(plan) << plan.error().message;
  auto opened =
      Pipeline::open(*std::move(plan), {runtime.clock, runtime.timers, exec::Waker(), metrics});
  ASSERT_TRUE(opened);
  Pipeline& pipeline = **opened;
  Inlet<AudioFrame>& input = pipeline.inlet<AudioFrame>("input");
  Outlet<AudioFrame>& left = pipeline.outlet<AudioFrame>("left");
  Outlet<AudioFrame>& right = pipeline.outlet<AudioFrame>("right");

  std::uint64_t before = 0;
  for (int round = 0; round < 1000; ++round) {
    if (round == 100) before = parley::test::allocations();
    for (int burst = 0; burst < 1 + round % 20; ++burst) {
      AudioFrame frame;
      frame.samples = pool.take_floats(320);
      for (float& sample : frame.samples.writable_floats()) sample = 1.0F;
      ASSERT_TRUE(input.push(std::move(frame)));
    }
    ASSERT_FALSE(pipeline.run(10'000));
    while (!left.empty()) {
      ASSERT_EQ(left.pop().samples.floats()[319], 0.25F);
      ASSERT_EQ(right.pop().samples.floats()[0], 0.25F);
    }
  }
  EXPECT_EQ(parley::test::allocations() - before, 0U);
  EXPECT_EQ(pool.stats().in_use_bytes, 0U);
}

TEST(AudioPath, AllocatesAndFreesNothingWhenAnOperatorIsReplaced) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool pool;
  GraphSpec spec;
  spec.add("a", std::make_unique<Half>()).add("b", std::make_unique<Half>());
  spec.connect("a.out", "b.in");
  spec.inlet<AudioFrame>("input", "a.in").outlet<AudioFrame>("output", "b.out");
  auto opened = Pipeline::open(*Plan::compile(std::move(spec)),
                               {runtime.clock, runtime.timers, exec::Waker(), metrics});
  ASSERT_TRUE(opened);
  Pipeline& pipeline = **opened;
  std::uint64_t on_the_path = 0;
  for (int round = 0; round < 100; ++round) {
    const auto asked = pipeline.update(round % 2 == 0 ? "a" : "b", std::make_unique<Half>());
    ASSERT_TRUE(asked);
    AudioFrame frame;
    frame.samples = pool.take_floats(320);
    for (float& sample : frame.samples.writable_floats()) sample = 1.0F;
    ASSERT_TRUE(pipeline.inlet<AudioFrame>("input").push(std::move(frame)));
    const std::uint64_t before = parley::test::allocations();
    const std::uint64_t freed_before = parley::test::deallocations();
    ASSERT_FALSE(pipeline.run(10'000));
    if (round >= 10) on_the_path += parley::test::allocations() - before;
    if (round >= 10) on_the_path += parley::test::deallocations() - freed_before;
    ASSERT_EQ(pipeline.outlet<AudioFrame>("output").pop().samples.floats()[0], 0.25F);
    ASSERT_TRUE((*asked)->wait());
  }
  EXPECT_EQ(pipeline.counters().updates, 100U);
  EXPECT_EQ(on_the_path, 0U);
}

TEST(AudioPath, ASyncRunnerAllocatesNothingWhenWarm) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool pool;
  GraphSpec spec;
  spec.add("a", std::make_unique<Half>()).add("b", std::make_unique<Half>());
  spec.connect("a.out", "b.in");
  spec.inlet<AudioFrame>("input", "a.in").outlet<AudioFrame>("output", "b.out");
  const auto runner =
      *Runner::open(std::move(spec), {.scheduler = SchedulerType::sync},
                    {.clock = runtime.clock, .timers = runtime.timers, .metrics = metrics});
  std::uint64_t before = 0;
  for (int round = 0; round < 1000; ++round) {
    if (round == 100) before = parley::test::allocations();
    AudioFrame frame;
    frame.samples = pool.take_floats(320);
    for (float& sample : frame.samples.writable_floats()) sample = 1.0F;
    ASSERT_TRUE(runner->push("input", std::move(frame)));
    const std::optional<media::Frame> out = runner->poll("output");
    ASSERT_TRUE(out.has_value());
    ASSERT_EQ(std::get<AudioFrame>(*out).samples.floats()[319], 0.25F);
  }
  EXPECT_EQ(parley::test::allocations() - before, 0U);
}

}  // namespace
}  // namespace parley::graph
