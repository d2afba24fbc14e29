// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/routing.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/plan.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::Control;
using media::SpeechEvent;
using test::OperatorHarness;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

SpeechEvent event(std::uint64_t sequence) {
  SpeechEvent made;
  made.head.sequence = sequence;
  return made;
}

Control control(std::string name, media::ControlValue value) {
  Control made;
  made.name = std::move(name);
  made.value = std::move(value);
  return made;
}

std::vector<std::uint64_t> numbers(OperatorHarness& harness, std::string_view port) {
  std::vector<std::uint64_t> all;
  for (const SpeechEvent& one : harness.read<SpeechEvent>(port)) all.push_back(one.head.sequence);
  return all;
}

TEST(Gate, DropsWhatComesWhileItIsClosed) {
  OperatorHarness harness(std::make_unique<GateOperator<SpeechEvent>>(true));
  ASSERT_TRUE(harness.open());
  harness.feed("in", event(1));
  harness.run();
  harness.feed("control", control("open", false));
  harness.feed("in", event(2));
  harness.run();
  harness.feed("control", control("open", std::int64_t{1}));  // not a flag
  harness.feed("control", control("shut", true));             // not its name
  harness.feed("in", event(3));
  harness.run();
  harness.feed("control", control("open", true));
  harness.feed("in", event(4));
  harness.run();
  EXPECT_THAT(numbers(harness, "out"), ElementsAre(1, 4));
  EXPECT_EQ(harness.as<GateOperator<SpeechEvent>>().dropped(), 2U);
}

TEST(Gate, ControlOvertakesWhatWaits) {
  OperatorHarness harness(std::make_unique<GateOperator<SpeechEvent>>(false));
  ASSERT_TRUE(harness.open());
  harness.feed("in", event(1));
  harness.feed("control", control("open", true));
  harness.run();
  EXPECT_THAT(numbers(harness, "out"), ElementsAre(1));
}

TEST(Gate, WaitsForRoomWhenItIsOpen) {
  OperatorHarness harness(std::make_unique<GateOperator<SpeechEvent>>(true),
                          {.outlet_capacity = 1});
  ASSERT_TRUE(harness.open());
  for (std::uint64_t i = 1; i <= 3; ++i) harness.feed("in", event(i));
  harness.run();
  EXPECT_THAT(numbers(harness, "out"), ElementsAre(1, 2, 3));
}

TEST(Switch, SendsToOneOutput) {
  OperatorHarness harness(std::make_unique<SwitchOperator<SpeechEvent>>(2, 1));
  ASSERT_TRUE(harness.open());
  harness.feed("in", event(1));
  harness.run();
  harness.feed("control", control("route", std::int64_t{2}));
  harness.feed("in", event(2));
  harness.run();
  harness.feed("control", control("route", std::int64_t{3}));  // there is none: dropped
  harness.feed("in", event(3));
  harness.run();
  EXPECT_THAT(numbers(harness, "out1"), ElementsAre(1));
  EXPECT_THAT(numbers(harness, "out2"), ElementsAre(2));
  EXPECT_EQ(harness.as<SwitchOperator<SpeechEvent>>().dropped(), 1U);
}

TEST(Select, TakesFromOneInputAndDropsTheOthers) {
  OperatorHarness harness(std::make_unique<SelectOperator<SpeechEvent>>(2, 1, graph::PortFormat{}));
  ASSERT_TRUE(harness.open());
  harness.feed("in1", event(1));
  harness.feed("in2", event(2));
  harness.run();
  harness.feed("control", control("route", std::int64_t{2}));
  harness.feed("in1", event(3));
  harness.feed("in2", event(4));
  harness.run();
  EXPECT_THAT(numbers(harness, "out"), ElementsAre(1, 4));
  EXPECT_EQ(harness.as<SelectOperator<SpeechEvent>>().dropped(), 2U);
}

/// Takes nothing.
class Wall final : public graph::Operator {
 public:
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    return graph::Progress::need_input;
  }

 private:
  graph::In<SpeechEvent> in_{*this, "in", {.capacity = 2}};
};

std::size_t passed_beside_a_wall(bool drops) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  graph::GraphSpec spec;
  auto tee = std::make_unique<TeeOperator<SpeechEvent>>(2, drops);
  const TeeOperator<SpeechEvent>* const seen = tee.get();
  spec.add("tee", std::move(tee)).add("wall", std::make_unique<Wall>());
  spec.connect("tee.out1", "wall.in");
  spec.inlet<SpeechEvent>("in", "tee.in").outlet<SpeechEvent>("out", "tee.out2");
  auto pipeline = *graph::Pipeline::open(
      *graph::Plan::compile(std::move(spec)),
      {.clock = runtime.clock, .timers = runtime.timers, .waker = {}, .metrics = metrics});
  for (std::uint64_t i = 1; i <= 5; ++i) pipeline->inlet<SpeechEvent>("in").push(event(i));
  EXPECT_FALSE(pipeline->run(1000));
  EXPECT_EQ(seen->dropped(), drops ? 3U : 0U);
  return pipeline->outlet<SpeechEvent>("out").size();
}

TEST(Tee, ASlowBranchHoldsUpAllOrIsLeftBehind) {
  EXPECT_EQ(passed_beside_a_wall(false), 2U);
  EXPECT_EQ(passed_beside_a_wall(true), 5U);
}

TEST(Merge, TakesByTurns) {
  OperatorHarness harness(std::make_unique<MergeOperator<SpeechEvent>>(3, graph::PortFormat{}));
  ASSERT_TRUE(harness.open());
  for (std::uint64_t i = 1; i <= 3; ++i) harness.feed("in1", event(i));
  harness.feed("in3", event(30));
  harness.run();
  EXPECT_THAT(numbers(harness, "out"), ElementsAre(1, 30, 2, 3));
  EXPECT_THAT(numbers(harness, "out"), IsEmpty());
}

TEST(Merge, WaitsForRoomWithoutLosingItsPlace) {
  OperatorHarness harness(std::make_unique<MergeOperator<SpeechEvent>>(2, graph::PortFormat{}),
                          {.outlet_capacity = 1});
  ASSERT_TRUE(harness.open());
  for (std::uint64_t i = 1; i <= 2; ++i) harness.feed("in1", event(i));
  for (std::uint64_t i = 11; i <= 12; ++i) harness.feed("in2", event(i));
  harness.run();
  EXPECT_THAT(numbers(harness, "out"), ElementsAre(1, 11, 2, 12));
}

TEST(Merge, HoldsItsInputsToOneRate) {
  graph::GraphSpec spec;
  spec.add("merge", std::make_unique<MergeOperator<media::AudioFrame>>(
                        2, graph::PortFormat{.rate_hz = 16'000}));
  spec.inlet<media::AudioFrame>("mic", "merge.in1", {.rate_hz = 48'000});
  EXPECT_THAT(graph::Plan::compile(std::move(spec)).error().message,
              ::testing::HasSubstr("inlet 'mic' gives AudioFrame at 48000 Hz, but merge.in1"));
}

}  // namespace
}  // namespace parley::operators
