// SPDX-License-Identifier: Apache-2.0
//
// What it costs to pass a frame from one operator to the next in one strand. To meet: at most 200
// ns per hop; 50 ns is where it should end.
//
// A real AudioFrame with 20 ms of pooled, counted audio goes in, every operator is called through
// its virtual `process`, and the payload is checked at the end. `Chain/N` has N operators between
// inlet and outlet; the counter `hop` is the time per operator, and the difference of two chains
// divided by the difference of their lengths is a hop without inlet and outlet.
//   graph_bench --benchmark_repetitions=20 --benchmark_report_aggregates_only=true

#include <memory>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/pipeline.h"

namespace parley::graph {
namespace {

using media::AudioFrame;

constexpr std::size_t kSamples = 320;  // 20 ms at 16 kHz
constexpr std::size_t kStepsMax = 100'000;

/// Does the least that an operator can do with a frame.
class Pass final : public Operator {
 public:
  Result<Progress> process(ProcessContext& /*context*/) override {
    if (!out_.has_room()) return Progress::blocked;
    if (in_.peek() == nullptr) return Progress::need_input;
    AudioFrame frame = in_.pop();
    ++frame.head.sequence;
    out_.push(std::move(frame));
    return Progress::need_input;
  }

 private:
  In<AudioFrame> in_{*this, "audio"};
  Out<AudioFrame> out_{*this, "audio"};
};

/// input -> n operators -> output
class Chain {
 public:
  explicit Chain(std::size_t operators) {
    GraphSpec spec;
    for (std::size_t i = 0; i < operators; ++i) {
      spec.add("n" + std::to_string(i), std::make_unique<Pass>());
      if (i > 0) {
        spec.connect("n" + std::to_string(i - 1) + ".audio", "n" + std::to_string(i) + ".audio");
      }
    }
    spec.inlet<AudioFrame>("input", "n0.audio");
    spec.outlet<AudioFrame>("output", "n" + std::to_string(operators - 1) + ".audio");
    pipeline_ = *Pipeline::open(*Plan::compile(std::move(spec)),
                                {runtime_.clock, runtime_.timers, exec::Waker(), metrics_});
    input = &pipeline_->inlet<AudioFrame>("input");
    output = &pipeline_->outlet<AudioFrame>("output");
  }
  void run() { PARLEY_CHECK(!pipeline_->run(kStepsMax)); }

  Inlet<AudioFrame>* input;
  Outlet<AudioFrame>* output;

 private:
  exec::ManualRuntime runtime_;
  Metrics metrics_;
  std::unique_ptr<Pipeline> pipeline_;
};

AudioFrame make_frame(media::BufferPool& pool, float value) {
  AudioFrame frame;
  frame.samples = pool.take_floats(kSamples);
  frame.samples.writable_floats().back() = value;
  return frame;
}

/// One frame at a time: every operator wakes for it. Counts the buffer's way out of and back into
/// the pool too.
void BM_Chain(benchmark::State& state) {
  const auto operators = static_cast<std::size_t>(state.range(0));
  Chain chain(operators);
  media::BufferPool pool;
  float value = 0.0F;
  for (auto _ : state) {
    value += 1.0F;
    PARLEY_CHECK(chain.input->push(make_frame(pool, value)));
    chain.run();
    const AudioFrame frame = chain.output->pop();
    PARLEY_CHECK(frame.samples.floats().back() == value);
    PARLEY_CHECK(frame.head.sequence == operators);
  }
  state.counters["hop"] = benchmark::Counter(
      static_cast<double>(operators),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Chain)->ArgName("operators")->Arg(2)->Arg(15)->Arg(100);

/// A burst of 32 frames: what a session does after a late wake.
void BM_Burst(benchmark::State& state) {
  constexpr std::size_t kBurst = 32;
  const auto operators = static_cast<std::size_t>(state.range(0));
  Chain chain(operators);
  media::BufferPool pool;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBurst; ++i) {
      PARLEY_CHECK(chain.input->push(make_frame(pool, static_cast<float>(i))));
    }
    chain.run();
    for (std::size_t i = 0; i < kBurst; ++i) {
      PARLEY_CHECK(chain.output->pop().samples.floats().back() == static_cast<float>(i));
    }
  }
  state.counters["hop"] = benchmark::Counter(
      static_cast<double>(operators * kBurst),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Burst)->ArgName("operators")->Arg(15);

/// A run that finds nothing to do: what a spurious wake costs a session of 15 operators.
void BM_IdleRun(benchmark::State& state) {
  Chain chain(15);
  for (auto _ : state) chain.run();
}
BENCHMARK(BM_IdleRun);

void BM_PoolTakeAndRelease(benchmark::State& state) {
  media::BufferPool pool;
  for (auto _ : state) benchmark::DoNotOptimize(pool.take_floats(kSamples));
}
BENCHMARK(BM_PoolTakeAndRelease);

}  // namespace
}  // namespace parley::graph
