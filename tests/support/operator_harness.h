// SPDX-License-Identifier: Apache-2.0
//
// One operator on a bench: its inputs fed, its outputs read, in one thread and in virtual time. It
// runs inside a real Pipeline, so that ports, turns, wakes and error policies behave as in a call.
//
//   OperatorHarness harness(std::make_unique<VadOperator>(options, model));
//   ASSERT_TRUE(harness.open());
//   harness.feed("audio", frame);
//   harness.run();                                    // until nothing is left to do
//   harness.advance(30ms);                            // timers fire, hosts run
//   std::vector<SpeechEvent> events = harness.read<SpeechEvent>("speech");
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "exec/strand.h"
#include "graph/pipeline.h"
#include "graph/tap.h"

namespace parley::test {

class OperatorHarness final : private exec::StrandBody {
 public:
  static constexpr std::string_view kNode = "op";
  static constexpr std::size_t kStepsMax = 10'000;

  struct Options {
    graph::NodeOptions node = {};
    std::size_t outlet_capacity = 4096;  // small: the operator meets a slow consumer
    graph::Tap* tap = nullptr;
  };

  explicit OperatorHarness(std::unique_ptr<graph::Operator> op)
      : OperatorHarness(std::move(op), Options{}) {}
  OperatorHarness(std::unique_ptr<graph::Operator> op, Options options)
      : op_(op.get()), tap_(options.tap) {
    for (const graph::InBase* in : op->inputs()) {
      add_inlet(in->type(), in->name(), std::make_index_sequence<graph::kFrameTypes>());
    }
    for (const graph::OutBase* out : op->outputs()) {
      add_outlet(out->type(), out->name(), options.outlet_capacity,
                 std::make_index_sequence<graph::kFrameTypes>());
    }
    spec_.add(kNode, std::move(op), std::move(options.node));
  }
  OperatorHarness(const OperatorHarness&) = delete;
  OperatorHarness& operator=(const OperatorHarness&) = delete;
  ~OperatorHarness() override {
    close();
    strand_->close();
  }

  /// Compiles and opens. Call it first.
  Status open() {
    PARLEY_TRY(graph::Plan plan, graph::Plan::compile(std::move(spec_)));
    PARLEY_TRY(pipeline_, graph::Pipeline::open(std::move(plan), {.clock = runtime.clock,
                                                                  .timers = runtime.timers,
                                                                  .waker = strand_->waker(),
                                                                  .metrics = metrics,
                                                                  .tap = tap_}));
    return {};
  }

  /// False when the input is full. The operator does not run yet.
  template <typename T>
  bool feed(std::string_view input, T frame) {
    return pipeline_->inlet<T>(input).push(std::move(frame));
  }
  /// Runs the operator, and whatever posted to `runtime.executor`, until all are idle.
  void run() {
    strand_->wake();
    runtime.run_until_idle();
  }
  /// Lets time pass, from timer to timer.
  void advance(Nanos by) { runtime.run_for(by); }
  /// The interruption: frames of older turns are stale from now on.
  void set_turn(media::Turn now) {
    pipeline_->set_turn(now);
    run();
  }

  /// Takes everything that waits at an output and lets the operator go on, until it is empty.
  template <typename T>
  std::vector<T> read(std::string_view output) {
    std::vector<T> frames;
    graph::Outlet<T>& outlet = pipeline_->outlet<T>(output);
    while (!outlet.empty()) {
      while (!outlet.empty()) frames.push_back(outlet.pop());
      run();
    }
    return frames;
  }
  /// Exactly one frame is expected there.
  template <typename T>
  T read_one(std::string_view output) {
    std::vector<T> frames = read<T>(output);
    EXPECT_EQ(frames.size(), 1U) << "frames at '" << output << "'";
    return frames.empty() ? T{} : std::move(frames.front());
  }
  std::vector<media::ErrorEvent> errors() {
    std::vector<media::ErrorEvent> events;
    while (!pipeline_->errors().empty()) events.push_back(pipeline_->errors().pop());
    return events;
  }
  void close() {
    if (pipeline_ != nullptr) pipeline_->close();
  }

  [[nodiscard]] graph::Pipeline& pipeline() { return *pipeline_; }
  [[nodiscard]] exec::Waker waker() { return strand_->waker(); }
  /// The operator that was given; a test knows its type.
  template <typename Op>
  [[nodiscard]] Op& as() {
    return static_cast<Op&>(*op_);
  }

  exec::ManualRuntime runtime;
  Metrics metrics;

 private:
  bool run_slice() noexcept override { return pipeline_ != nullptr && pipeline_->run(kStepsMax); }

  template <std::size_t... I>
  void add_inlet(std::size_t type, std::string_view name, std::index_sequence<I...> /*all*/) {
    const std::string place = std::string(kNode) + "." + std::string(name);
    ((type == I
          ? static_cast<void>(spec_.inlet<std::variant_alternative_t<I, media::Frame>>(name, place))
          : static_cast<void>(0)),
     ...);
  }
  template <std::size_t... I>
  void add_outlet(std::size_t type, std::string_view name, std::size_t capacity,
                  std::index_sequence<I...> /*all*/) {
    const std::string place = std::string(kNode) + "." + std::string(name);
    ((type == I ? static_cast<void>(spec_.outlet<std::variant_alternative_t<I, media::Frame>>(
                      name, place, {.capacity = capacity}))
                : static_cast<void>(0)),
     ...);
  }

  graph::Operator* op_;
  graph::Tap* tap_;
  graph::GraphSpec spec_;
  std::shared_ptr<exec::Strand> strand_ = exec::Strand::make(runtime.executor, *this);
  std::unique_ptr<graph::Pipeline> pipeline_;
};

}  // namespace parley::test
