// SPDX-License-Identifier: Apache-2.0
//
// In virtual time an operator takes as long as the test says, so that every figure is exact, or as
// exact as a histogram's bucket.

#include "graph/profiler.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "graph/pipeline.h"
#include "graph/profile_report.h"
#include "graph/trace_ring.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using test::Custom;
using test::event;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kStepsMax = 100'000;

/// Within a bucket of a LogHistogram.
auto near(Nanos time) {
  return testing::DoubleNear(static_cast<double>(time.count()),
                             0.035 * static_cast<double>(time.count()));
}

class ProfilerTest : public testing::Test {
 protected:
  /// Passes one event on per call, which takes `time`.
  std::unique_ptr<Operator> slow(Nanos time) {
    return std::make_unique<Custom>([this, time](Custom& op, ProcessContext&) -> Result<Progress> {
      if (!op.out.has_room()) return Progress::blocked;
      if (op.in.empty()) return Progress::need_input;
      runtime_.clock.advance(time);
      op.out.push(op.in.pop());
      return Progress::need_input;
    });
  }
  void open(GraphSpec spec) {
    auto plan = Plan::compile(std::move(spec));
    ASSERT_TRUE(plan) << plan.error().message;
    auto opened = Pipeline::open(*std::move(plan), {.clock = runtime_.clock,
                                                    .timers = runtime_.timers,
                                                    .waker = {},
                                                    .metrics = metrics_,
                                                    .profiler = &profiler_});
    ASSERT_TRUE(opened) << opened.error().message;
    pipeline_ = *std::move(opened);
  }
  /// in -> first -> second -> out
  void open_chain(Nanos first, Nanos second) {
    GraphSpec spec;
    spec.add("first", slow(first)).add("second", slow(second));
    spec.connect("first.out", "second.in");
    spec.inlet<media::SpeechEvent>("in", "first.in");
    spec.outlet<media::SpeechEvent>("out", "second.out", {.capacity = 1000});
    open(std::move(spec));
  }
  void push(std::uint64_t sequence) {
    ASSERT_TRUE(pipeline_->inlet<media::SpeechEvent>("in").push(event(sequence)));
  }
  void run() { EXPECT_FALSE(pipeline_->run(kStepsMax)); }
  NodeProfile node(std::string_view id) {
    for (NodeProfile& each : profiler_.report().nodes) {
      if (each.node == id) return std::move(each);
    }
    ADD_FAILURE() << "no node " << id;
    return {};
  }

  exec::ManualRuntime runtime_;
  Metrics metrics_;
  Profiler profiler_{runtime_.clock};
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(ProfilerTest, TimesCallsAndCountsFrames) {
  open_chain(2us, 30us);
  for (std::uint64_t i = 0; i < 100; ++i) {
    push(i);
    run();
  }
  const NodeProfile first = node("first");
  EXPECT_EQ(first.calls, 100U);
  EXPECT_EQ(first.frames_in, 100U);
  EXPECT_EQ(first.frames_out, 100U);
  EXPECT_EQ(first.drops, 0U);
  EXPECT_EQ(first.errors, 0U);
  EXPECT_EQ(first.process_ns.count, 100U);
  EXPECT_DOUBLE_EQ(first.process_ns.mean, 2000.0);
  EXPECT_DOUBLE_EQ(first.process_ns.max, 2000.0);
  EXPECT_THAT(first.process_ns.p50, near(2us));
  EXPECT_THAT(node("second").process_ns.p99, near(30us));
  EXPECT_DOUBLE_EQ(node("second").process_ns_total, 3'000'000.0);
  EXPECT_EQ(profiler_.report().elapsed, 3200us);
}

TEST_F(ProfilerTest, PercentilesTellTheSlowCalls) {
  int calls = 0;
  GraphSpec spec;
  spec.add("op", std::make_unique<Custom>([&](Custom& op, ProcessContext&) -> Result<Progress> {
             if (op.in.empty()) return Progress::need_input;
             (void)op.in.pop();
             runtime_.clock.advance(++calls % 50 == 0 ? 5ms : 10us);
             return Progress::need_input;
           }));
  spec.inlet<media::SpeechEvent>("in", "op.in");
  open(std::move(spec));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    push(i);
    run();
  }
  const NodeProfile op = node("op");
  EXPECT_THAT(op.process_ns.p50, near(10us));
  EXPECT_THAT(op.process_ns.p95, near(10us));
  EXPECT_THAT(op.process_ns.p99, near(5ms));
  EXPECT_DOUBLE_EQ(op.process_ns.max, 5e6);
}

TEST_F(ProfilerTest, PollsAreCountedApart) {
  open_chain(1us, 1us);
  run();
  run();
  EXPECT_EQ(node("first").calls, 0U);
  EXPECT_EQ(node("first").polls, 2U);
  EXPECT_EQ(node("first").process_ns.count, 0U);
}

TEST_F(ProfilerTest, WaitIsFromThePushToTheCallThatTakesIt) {
  open_chain(10us, 1us);
  push(1);
  runtime_.clock.advance(700us);  // nobody runs the pipeline
  run();
  EXPECT_THAT(node("first").wait_ns.p50, near(700us));
  EXPECT_EQ(node("first").wait_ns.count, 1U);
  EXPECT_DOUBLE_EQ(node("second").wait_ns.max, 0.0);  // called at once
  EXPECT_EQ(node("second").wait_ns.count, 1U);
}

TEST_F(ProfilerTest, ABurstWaitsInLine) {
  open_chain(10us, 1us);
  for (std::uint64_t i = 0; i < 10; ++i) push(i);
  run();
  const NodeProfile first = node("first");
  EXPECT_EQ(first.calls, 10U);
  EXPECT_DOUBLE_EQ(first.depth.max, 10.0);
  EXPECT_DOUBLE_EQ(first.depth.mean, 5.5);
  EXPECT_LT(first.wait_ns.count, 10U);  // one stamp at a time
}

TEST_F(ProfilerTest, BatchesAreFramesOfACallUnlessTheOperatorSaysIt) {
  GraphSpec spec;
  const auto body = [](bool says) {
    return [says](Custom& op, ProcessContext& context) -> Result<Progress> {
      std::size_t taken = 0;
      for (; !op.in.empty(); ++taken) (void)op.in.pop();
      if (says && taken != 0) context.note_batch(10 * taken);
      return Progress::need_input;
    };
  };
  spec.add("quiet", std::make_unique<Custom>(body(false)));
  spec.add("says", std::make_unique<Custom>(body(true)));
  spec.inlet<media::SpeechEvent>("in", "quiet.in").inlet<media::SpeechEvent>("in", "says.in");
  open(std::move(spec));
  for (std::uint64_t i = 0; i < 6; ++i) push(i);
  run();
  push(7);
  push(8);
  run();
  EXPECT_DOUBLE_EQ(node("quiet").batch.mean, 4.0);
  EXPECT_DOUBLE_EQ(node("quiet").batch.max, 6.0);
  EXPECT_EQ(node("quiet").frames_in, 8U);
  EXPECT_DOUBLE_EQ(node("says").batch.mean, 40.0);
}

TEST_F(ProfilerTest, CountsDropsAndErrors) {
  GraphSpec spec;
  spec.add("op", std::make_unique<test::Relay>(test::Relay::Options{.fails_on = {3}}),
           {.on_error = ErrorPolicy::skip_frame});
  spec.inlet<media::SpeechEvent>("in", "op.in");
  open(std::move(spec));
  pipeline_->set_turn(media::Turn{5});
  auto& inlet = pipeline_->inlet<media::SpeechEvent>("in");
  inlet.push(event(1, media::Turn{4}));
  inlet.push(event(2, media::Turn{5}));
  inlet.push(event(3, media::Turn{5}));
  run();
  const NodeProfile op = node("op");
  EXPECT_EQ(op.drops, 1U);
  EXPECT_EQ(op.errors, 1U);
  EXPECT_EQ(op.frames_in, 2U);
  EXPECT_EQ(op.frames_out, 1U);
}

TEST_F(ProfilerTest, FindsTheCriticalPath) {
  GraphSpec spec;
  spec.add("source", slow(1us)).add("quick", slow(1us)).add("slow", slow(50us));
  spec.add("after_quick", slow(10us)).add("after_slow", slow(1us));
  spec.connect("source.out", "quick.in").connect("quick.out", "after_quick.in");
  spec.connect("source.out", "slow.in").connect("slow.out", "after_slow.in");
  spec.inlet<media::SpeechEvent>("in", "source.in");
  spec.outlet<media::SpeechEvent>("a", "after_quick.out")
      .outlet<media::SpeechEvent>("b", "after_slow.out");
  open(std::move(spec));
  push(1);
  run();
  const ProfileReport report = profiler_.report();
  EXPECT_THAT(report.critical_path, ElementsAre("source", "slow", "after_slow"));
  EXPECT_GE(report.critical_path_ns, 52'000.0);
}

TEST_F(ProfilerTest, GoesOnAfterAHotUpdate) {
  open_chain(1us, 1us);
  push(1);
  run();
  auto update = pipeline_->update("first", slow(9us));
  ASSERT_TRUE(update) << update.error().message;
  push(2);
  push(3);
  run();
  const NodeProfile first = node("first");
  EXPECT_EQ(first.calls, 3U);
  EXPECT_EQ(first.frames_in, 3U);
  EXPECT_EQ(first.frames_out, 3U);
  EXPECT_DOUBLE_EQ(first.process_ns.max, 9000.0);
}

TEST_F(ProfilerTest, IsSetAndTakenAwayBetweenRuns) {
  open_chain(1us, 1us);
  pipeline_->set_profiler(nullptr);
  push(1);
  run();
  EXPECT_EQ(node("first").calls, 0U);
  Profiler other(runtime_.clock);
  pipeline_->set_profiler(&other);
  push(2);
  run();
  ASSERT_EQ(other.report().nodes.size(), 2U);
  EXPECT_EQ(other.report().nodes[0].calls, 1U);
  EXPECT_EQ(node("first").calls, 0U);
}

TEST_F(ProfilerTest, ReportsWhilePipelinesRun) {
  open_chain(1us, 1us);
  bool is_done = false;  // only the runner's own
  std::thread runner([&] {
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      push(i);
      run();
      (void)pipeline_->outlet<media::SpeechEvent>("out").pop();
    }
    is_done = true;
  });
  std::uint64_t last = 0;
  while (last < 100) {
    const ProfileReport report = profiler_.report();
    EXPECT_GE(report.nodes[0].calls, last);
    last = report.nodes[0].calls;
    EXPECT_THAT(profiler_.to_chrome_trace(), HasSubstr("traceEvents"));
  }
  runner.join();
  EXPECT_TRUE(is_done);
  EXPECT_EQ(node("second").calls, 20'000U);
}

TEST_F(ProfilerTest, WritesATable) {
  open_chain(2us, 30us);
  push(1);
  run();
  const std::string table = to_table(profiler_.report());
  EXPECT_EQ(table,
            "node    calls  frames  process p50      p95      p99   share  wait p50   p95   p99  "
            "depth  max  batch  drops  errors\n"
            "first       1       1      2.00 us  2.00 us  2.00 us   6.2 %      0 ns  0 ns  0 ns  "
            "  1.0    1    1.0      0       0\n"
            "second      1       1      30.0 us  30.0 us  30.0 us  93.8 %      0 ns  0 ns  0 ns  "
            "  1.0    1    1.0      0       0\n"
            "critical path: first -> second: 32.0 us\n"
            "busy 32.0 us in 32.0 us\n");
}

TEST_F(ProfilerTest, WritesJson) {
  open_chain(1us, 2us);
  push(1);
  run();
  const std::string json = to_json(profiler_.report());
  EXPECT_THAT(json, testing::StartsWith(R"({"elapsed_ns":3000,"nodes":[{"node":"first",)"));
  EXPECT_THAT(json, HasSubstr(R"("calls":1,"polls":)"));
  EXPECT_THAT(json, HasSubstr(R"("process_ns":{"count":1,"mean":2000,"p50":)"));
  EXPECT_THAT(json, HasSubstr(R"("edges":[["first","second"]])"));
  EXPECT_THAT(json, HasSubstr(R"("critical_path":["first","second"],"critical_path_ns":3000,)"));
  EXPECT_THAT(json, testing::EndsWith("\"events\":2,\"events_lost\":0}\n"));
}

TEST_F(ProfilerTest, WritesAChromeTrace) {
  open_chain(1us, 2us);
  push(1);
  run();
  EXPECT_EQ(profiler_.to_chrome_trace(),
            R"({"displayTimeUnit":"ns","traceEvents":[)"
            R"({"ph":"M","name":"process_name","pid":1,"args":{"name":"parley"}},)"
            "\n"
            R"({"ph":"M","name":"thread_name","pid":1,"tid":1,"args":{"name":"pipeline"}},)"
            "\n"
            R"({"ph":"X","name":"first","pid":1,"tid":1,"ts":0,"dur":1,"args":{"frames":1}},)"
            "\n"
            R"({"ph":"X","name":"second","pid":1,"tid":1,"ts":1,"dur":2,"args":{"frames":1}}]})"
            "\n");
}

TEST_F(ProfilerTest, TheTraceHasTheLastCallsAndSaysWhatItLost) {
  Profiler small(runtime_.clock, {.events_max = 4});
  open_chain(1us, 1us);
  pipeline_->set_profiler(&small);
  for (std::uint64_t i = 0; i < 5; ++i) {
    push(i);
    run();
  }
  const ProfileReport report = small.report();
  EXPECT_EQ(report.events, 4U);
  EXPECT_EQ(report.events_lost, 6U);
  EXPECT_THAT(to_table(report), HasSubstr("the last 4 calls; 6 before them were overwritten"));
  EXPECT_THAT(small.to_chrome_trace(), testing::Not(HasSubstr("\"ts\":5,")));
  EXPECT_THAT(small.to_chrome_trace(), HasSubstr("\"ts\":6,"));
}

TEST(TraceRing, KeepsNothingWhenItIsToKeepNothing) {
  TraceRing ring(0);
  ring.add({});
  EXPECT_EQ(ring.capacity(), 0U);
  EXPECT_EQ(ring.added(), 0U);
  EXPECT_TRUE(ring.read().empty());
}

}  // namespace
}  // namespace parley::graph
