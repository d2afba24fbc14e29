// SPDX-License-Identifier: Apache-2.0
#include "graph/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using media::Turn;
using std::chrono_literals::operator""ms;
using test::Custom;
using test::event;
using test::Relay;
using test::Source;
using ::testing::ElementsAre;

constexpr std::size_t kPlenty = 1'000'000;  // steps

class PipelineTest : public ::testing::Test {
 protected:
  std::unique_ptr<Pipeline> open(GraphSpec spec, exec::Waker waker = {}) {
    Result<Plan> plan = Plan::compile(std::move(spec));
    EXPECT_TRUE(plan) << plan.error().message;
    Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::open(
        *std::move(plan), {runtime.clock, runtime.timers, std::move(waker), metrics, &tap});
    EXPECT_TRUE(pipeline) << pipeline.error().message;
    return *std::move(pipeline);
  }
  static std::vector<std::uint64_t> drain(Outlet<SpeechEvent>& outlet) {
    std::vector<std::uint64_t> numbers;
    while (!outlet.empty()) numbers.push_back(outlet.pop().head.sequence);
    return numbers;
  }
  /// input -> a -> b -> output
  static GraphSpec two(std::unique_ptr<Operator> a, std::unique_ptr<Operator> b,
                       std::size_t outlet_capacity = 64) {
    GraphSpec spec;
    spec.add("a", std::move(a)).add("b", std::move(b)).connect("a.out", "b.in");
    spec.inlet<SpeechEvent>("input", "a.in");
    spec.outlet<SpeechEvent>("output", "b.out", {.capacity = outlet_capacity});
    return spec;
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  RecordingTap tap;
};

TEST_F(PipelineTest, CarriesFramesFromInletToOutletInOrder) {
  auto pipeline = open(two(std::make_unique<Relay>(), std::make_unique<Relay>()));
  for (std::uint64_t i = 1; i <= 5; ++i) {
    EXPECT_TRUE(pipeline->inlet<SpeechEvent>("input").push(event(i)));
  }
  EXPECT_FALSE(pipeline->run(kPlenty));
  EXPECT_THAT(drain(pipeline->outlet<SpeechEvent>("output")), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(pipeline->counters().steps, 10U);
}

TEST_F(PipelineTest, TheTapSeesEveryHop) {
  auto pipeline = open(two(std::make_unique<Relay>(), std::make_unique<Relay>()));
  runtime.clock.advance(5ms);
  pipeline->inlet<SpeechEvent>("input").push(event(7));
  pipeline->run(kPlenty);
  EXPECT_THAT(tap.path(), ElementsAre("inlet:input", "a.out", "b.out"));
  EXPECT_EQ(tap.hops()[1].head.sequence, 7U);
  EXPECT_EQ(tap.hops()[1].at, Instant{5ms});
  EXPECT_EQ(frame_type_name(tap.hops()[1].type), "SpeechEvent");
}

TEST_F(PipelineTest, CallsOnlyOperatorsThatHaveNews) {
  GraphSpec spec = two(std::make_unique<Relay>(), std::make_unique<Relay>());
  spec.add("aside", std::make_unique<Relay>()).inlet<SpeechEvent>("aside", "aside.in");
  auto pipeline = open(std::move(spec));
  auto& aside = static_cast<Relay&>(*pipeline->find("aside"));
  for (std::uint64_t i = 1; i <= 30; ++i) pipeline->inlet<SpeechEvent>("input").push(event(i));
  pipeline->run(kPlenty);
  EXPECT_EQ(aside.calls, 1);  // asked once, at the start of the run
}

TEST_F(PipelineTest, TheBudgetOfStepsEndsARunAndTheNextGoesOn) {
  auto pipeline = open(two(std::make_unique<Relay>(), std::make_unique<Relay>()));
  for (std::uint64_t i = 1; i <= 8; ++i) pipeline->inlet<SpeechEvent>("input").push(event(i));
  int runs = 1;
  while (pipeline->run(3)) ++runs;
  EXPECT_EQ(runs, 6);  // 16 steps
  EXPECT_EQ(pipeline->outlet<SpeechEvent>("output").size(), 8U);
}

TEST_F(PipelineTest, ABudgetOfOneStillReachesEveryNode) {
  auto pipeline = open(two(std::make_unique<Relay>(), std::make_unique<Relay>()));
  pipeline->inlet<SpeechEvent>("input").push(event(1));
  while (pipeline->run(1)) {
  }
  EXPECT_EQ(pipeline->outlet<SpeechEvent>("output").size(), 1U);
}

TEST_F(PipelineTest, ABlockedProducerRunsWhenItsConsumerPops) {
  auto source = std::make_unique<Source>(20);
  GraphSpec spec;
  spec.add("source", std::move(source));
  spec.add("relay", std::make_unique<Relay>(Relay::Options{.capacity = 2}));
  spec.connect("source.out", "relay.in").outlet<SpeechEvent>("output", "relay.out");
  auto pipeline = open(std::move(spec));
  EXPECT_FALSE(pipeline->run(kPlenty));
  EXPECT_EQ(drain(pipeline->outlet<SpeechEvent>("output")).size(), 20U);
}

TEST_F(PipelineTest, AFullOutletStopsTheFlowUntilTheSessionPops) {
  auto pipeline = open(two(std::make_unique<Relay>(Relay::Options{.capacity = 2}),
                           std::make_unique<Relay>(Relay::Options{.capacity = 2}), 1));
  Inlet<SpeechEvent>& input = pipeline->inlet<SpeechEvent>("input");
  Outlet<SpeechEvent>& output = pipeline->outlet<SpeechEvent>("output");
  std::uint64_t pushed = 0;
  while (input.push(event(pushed + 1))) {
    ++pushed;
    pipeline->run(kPlenty);
  }
  EXPECT_EQ(pushed, 5U);  // one in the outlet, two before each relay
  EXPECT_EQ(input.refused(), 1U);
  EXPECT_THAT(metrics.render(), ::testing::HasSubstr("parley_graph_inlet_refused_total"));
  std::vector<std::uint64_t> numbers;
  while (!output.empty()) {
    numbers.push_back(output.pop().head.sequence);
    pipeline->run(kPlenty);
  }
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(PipelineTest, MoreOutputLetsOthersRunInBetween) {
  std::string order;
  int left = 3;
  GraphSpec spec;
  spec.add("maker",
           std::make_unique<Custom>([&](Custom& self, ProcessContext&) -> Result<Progress> {
             if (left-- <= 0) return Progress::finished;
             self.out.push(event(1));
             order += 'm';
             return Progress::more_output;
           }));
  spec.add("taker",
           std::make_unique<Custom>([&](Custom& self, ProcessContext&) -> Result<Progress> {
             if (self.in.empty()) return Progress::need_input;
             (void)self.in.pop();
             order += 't';
             return Progress::need_input;
           }));
  spec.connect("maker.out", "taker.in");
  auto pipeline = open(std::move(spec));
  pipeline->run(kPlenty);
  EXPECT_EQ(order, "mtmtmt");
}

TEST_F(PipelineTest, AFinishedConsumerDoesNotHoldUpItsProducer) {
  GraphSpec spec;
  spec.add("source", std::make_unique<Source>(500));
  spec.add("sink", std::make_unique<Custom>([](Custom& self, ProcessContext&) -> Result<Progress> {
             if (self.in.empty()) return Progress::need_input;
             (void)self.in.pop();
             return Progress::finished;
           }));
  spec.connect("source.out", "sink.in");
  auto pipeline = open(std::move(spec));
  pipeline->run(kPlenty);
  EXPECT_TRUE(pipeline->finished());
}

TEST_F(PipelineTest, ANewTurnDropsStaleFramesAndTellsEveryOperator) {
  auto pipeline = open(two(std::make_unique<Relay>(), std::make_unique<Relay>()));
  pipeline->set_turn(Turn{1});
  Inlet<SpeechEvent>& input = pipeline->inlet<SpeechEvent>("input");
  input.push(event(1, Turn{1}));
  pipeline->run(kPlenty);
  input.push(event(2, Turn{1}));
  input.push(event(3));
  pipeline->set_turn(Turn{2});
  input.push(event(4, Turn{2}));
  pipeline->run(kPlenty);
  EXPECT_THAT(drain(pipeline->outlet<SpeechEvent>("output")), ElementsAre(3, 4));
  EXPECT_EQ(static_cast<Relay&>(*pipeline->find("b")).turn, Turn{2});
  EXPECT_THAT(metrics.render(),
              ::testing::HasSubstr(R"(parley_graph_frames_stale_total{node="a",port="in"} 1)"));
}

TEST_F(PipelineTest, AnExternalWakeAsksEveryOperator) {
  bool is_ready = false;
  GraphSpec spec;
  spec.add("host", std::make_unique<Custom>([&](Custom& self, ProcessContext&) -> Result<Progress> {
             if (!is_ready) return Progress::need_input;
             is_ready = false;
             self.out.push(event(9));
             return Progress::need_input;
           }));
  spec.outlet<SpeechEvent>("output", "host.out");
  auto pipeline = open(std::move(spec));
  pipeline->run(kPlenty);
  EXPECT_TRUE(pipeline->outlet<SpeechEvent>("output").empty());
  is_ready = true;  // what a model host does before it wakes the strand
  pipeline->run(kPlenty);
  EXPECT_THAT(drain(pipeline->outlet<SpeechEvent>("output")), ElementsAre(9));
}

class CountingBody final : public exec::StrandBody {
 public:
  bool run_slice() noexcept override {
    ++slices;
    return pipeline != nullptr && pipeline->run(kPlenty);
  }
  int slices = 0;
  Pipeline* pipeline = nullptr;
};

TEST_F(PipelineTest, WakeAtRunsTheStrandAtTheEarliestTime) {
  CountingBody body;
  auto strand = exec::Strand::make(runtime.executor, body);
  std::vector<Instant> called;
  const auto at = [&](Nanos when) {
    return std::make_unique<Custom>(
        [&called, when](Custom&, ProcessContext& context) -> Result<Progress> {
          called.push_back(context.now());
          if (context.now() < Instant{when}) context.wake_at(Instant{when});
          return Progress::need_input;
        });
  };
  GraphSpec spec;
  spec.add("late", at(50ms)).add("early", at(20ms));
  auto pipeline = open(std::move(spec), strand->waker());
  body.pipeline = pipeline.get();
  strand->wake();
  runtime.run_until_idle();
  EXPECT_EQ(runtime.timers.size(), 1U);
  runtime.run_for(100ms);
  EXPECT_THAT(called, ElementsAre(Instant{0ms}, Instant{0ms}, Instant{20ms}, Instant{20ms},
                                  Instant{50ms}, Instant{50ms}));
  EXPECT_EQ(body.slices, 3);
  EXPECT_EQ(runtime.timers.size(), 0U);
  strand->close();
}

TEST_F(PipelineTest, ClosesInReverseAndOnce) {
  auto pipeline = open(two(std::make_unique<Relay>(), std::make_unique<Relay>()));
  auto& relay = static_cast<Relay&>(*pipeline->find("a"));
  pipeline->close();
  pipeline->close();
  EXPECT_EQ(relay.closed, 1);
  EXPECT_FALSE(pipeline->run(kPlenty));
}

TEST_F(PipelineTest, AFailingOpenNamesTheNodeAndClosesTheOthers) {
  int closed = 0;
  class Closing final : public Operator {
   public:
    explicit Closing(int& count) : count_(count) {}
    Result<Progress> process(ProcessContext&) override { return Progress::finished; }
    void close() noexcept override { ++count_; }
    Out<SpeechEvent> out{*this, "out"};

   private:
    int& count_;
  };
  GraphSpec spec;
  spec.add("first", std::make_unique<Closing>(closed));
  spec.add("second", std::make_unique<Relay>(Relay::Options{.opens_that_fail = 1}));
  spec.connect("first.out", "second.in");
  Result<Plan> plan = Plan::compile(std::move(spec));
  ASSERT_TRUE(plan);
  auto pipeline =
      Pipeline::open(*std::move(plan), {runtime.clock, runtime.timers, exec::Waker(), metrics});
  ASSERT_FALSE(pipeline);
  EXPECT_EQ(pipeline.error().code, ErrorCode::unavailable);
  EXPECT_EQ(pipeline.error().message, "node 'second': cannot open");
  EXPECT_EQ(closed, 1);
}

}  // namespace
}  // namespace parley::graph
