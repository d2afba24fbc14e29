// SPDX-License-Identifier: Apache-2.0
//
// What a profiler costs. To meet: less than 2 % on real work, nothing measurable when there is
// none.
//
// `Features`: 20 ms of 24 kHz PCM go through operators of the box: decode, resample, gain, mfcc.
// `Front`: the same without mfcc, the cheapest graph that anybody would run. Two pipelines alike,
// one with a profiler, take turns every 20 frames, so that both see the same machine; `off_ns` and
// `on_ns` are the medians for a frame, `overhead_percent` the median of the differences within a
// pair over the median `off`.
//
// `Chain` is the other end, per hop: 15 operators that do nothing.
//   profiler_bench --benchmark_repetitions=7

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/pipeline.h"
#include "graph/profiler.h"
#include "graph/registry.h"
#include "operators/register_all.h"

namespace parley::graph {
namespace {

using media::AudioFrame;

constexpr std::size_t kStepsMax = 100'000;
constexpr std::size_t kFrameSamples = 480;  // 20 ms at 24 kHz
constexpr std::size_t kPairs = 500;
constexpr int kFrames = 20;  // of each half of a pair: the clock has steps of some nanoseconds

class Pass final : public Operator {
 public:
  Result<Progress> process(ProcessContext& /*context*/) override {
    if (!out_.has_room()) return Progress::blocked;
    if (in_.peek() == nullptr) return Progress::need_input;
    out_.push(in_.pop());
    return Progress::need_input;
  }

 private:
  In<AudioFrame> in_{*this, "audio"};
  Out<AudioFrame> out_{*this, "audio"};
};

/// On the machine's clock, as in service; nothing waits for timers.
struct Stand {
  SteadyClock clock;
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool pool;
  Profiler profiler{clock};

  std::unique_ptr<Pipeline> open(GraphSpec spec, bool with_profiler) {
    return *Pipeline::open(*Plan::compile(std::move(spec)),
                           {.clock = clock,
                            .timers = runtime.timers,
                            .waker = {},
                            .metrics = metrics,
                            .profiler = with_profiler ? &profiler : nullptr});
  }
};

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double nanos_of(const SteadyClock& clock, const auto& body) {
  const Instant begin = clock.now();
  body();
  return static_cast<double>((clock.now() - begin).count());
}

/// Off and on in turns, the first of a pair alternating.
void run_pairs(benchmark::State& state, const SteadyClock& clock, const auto& off, const auto& on,
               std::size_t hops) {
  std::vector<double> off_ns;
  std::vector<double> on_ns;
  std::vector<double> more_ns;
  for (auto _ : state) {
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
      double off_one = 0.0;
      double on_one = 0.0;
      if (pair % 2 == 0) off_one = nanos_of(clock, off);
      on_one = nanos_of(clock, on);
      if (pair % 2 == 1) off_one = nanos_of(clock, off);
      off_ns.push_back(off_one);
      on_ns.push_back(on_one);
      more_ns.push_back(on_one - off_one);
    }
  }
  const double off_median = median(off_ns);
  const auto each = static_cast<double>(hops * kFrames);
  state.counters["off_ns"] = off_median / each;
  state.counters["on_ns"] = median(on_ns) / each;
  state.counters["overhead_percent"] = 100.0 * median(more_ns) / off_median;
}

/// Each kind reads `in` what the one before it gives at `out`.
struct Stage {
  const char* kind;
  const char* in;
  const char* out;
  OptionMap options = {};
};

template <typename OutFrame>
void run_box(benchmark::State& state, const std::vector<Stage>& stages) {
  Stand stand;
  Registry registry;
  operators::register_all_operators(registry, {.buffers = stand.pool});
  const auto make = [&](bool with_profiler) {
    GraphSpec spec;
    std::string before;
    for (const Stage& stage : stages) {
      const std::string kind = stage.kind;
      PARLEY_CHECK(spec.add(kind, registry, kind, stage.options));
      if (!before.empty()) spec.connect(before, kind + "." + stage.in);
      before = kind + "." + stage.out;
    }
    spec.inlet<media::EncodedAudio>("input", "decode.input");
    spec.outlet<OutFrame>("output", before);
    return stand.open(std::move(spec), with_profiler);
  };
  media::EncodedAudio audio{.head = {},
                            .codec = media::Codec::pcm16,
                            .format = {.rate = 24'000, .channels = 1},
                            .bytes = stand.pool.take(kFrameSamples * 2)};
  std::uint32_t noise = 1;
  for (std::byte& byte : audio.bytes.writable()) {
    noise = noise * 1664525U + 1013904223U;  // Numerical Recipes' generator
    byte = static_cast<std::byte>(noise >> 24U);
  }
  const auto bound = [&](Pipeline& pipeline) {
    return [&audio, &pipeline, &inlet = pipeline.inlet<media::EncodedAudio>("input"),
            &outlet = pipeline.outlet<OutFrame>("output")] {
      for (int i = 0; i < kFrames; ++i) {
        PARLEY_CHECK(inlet.push(audio));
        PARLEY_CHECK(!pipeline.run(kStepsMax));
        while (!outlet.empty()) benchmark::DoNotOptimize(outlet.pop());
      }
    };
  };
  const auto off = make(false);
  const auto on = make(true);
  run_pairs(state, stand.clock, bound(*off), bound(*on), 1);
}

std::vector<Stage> front() {
  return {{"decode", "input", "audio"},
          {"resample", "audio", "audio", {{"rate_hz", std::int64_t{16'000}}}},
          {"gain", "audio", "audio", {{"gain_db", 6.0}}}};
}

void BM_Features(benchmark::State& state) {
  std::vector<Stage> stages = front();
  stages.push_back({"mfcc", "audio", "features"});
  run_box<media::TensorFrame>(state, stages);
}
BENCHMARK(BM_Features)->Unit(benchmark::kMillisecond);

void BM_Front(benchmark::State& state) { run_box<AudioFrame>(state, front()); }
BENCHMARK(BM_Front)->Unit(benchmark::kMillisecond);

void BM_Chain(benchmark::State& state) {
  constexpr std::size_t kOperators = 15;
  Stand stand;
  const auto make = [&](bool with_profiler) {
    GraphSpec spec;
    for (std::size_t i = 0; i < kOperators; ++i) {
      const std::string id = "n" + std::to_string(i);
      spec.add(id, std::make_unique<Pass>());
      if (i > 0) spec.connect("n" + std::to_string(i - 1) + ".audio", id + ".audio");
    }
    spec.inlet<AudioFrame>("input", "n0.audio");
    spec.outlet<AudioFrame>("output", "n14.audio");
    return stand.open(std::move(spec), with_profiler);
  };
  AudioFrame frame;
  frame.samples = stand.pool.take_floats(320);
  const auto bound = [&](Pipeline& pipeline) {
    return [&frame, &pipeline, &inlet = pipeline.inlet<AudioFrame>("input"),
            &outlet = pipeline.outlet<AudioFrame>("output")] {
      for (int i = 0; i < kFrames; ++i) {
        PARLEY_CHECK(inlet.push(frame));
        PARLEY_CHECK(!pipeline.run(kStepsMax));
        benchmark::DoNotOptimize(outlet.pop());
      }
    };
  };
  const auto off = make(false);
  const auto on = make(true);
  run_pairs(state, stand.clock, bound(*off), bound(*on), kOperators);
}
BENCHMARK(BM_Chain)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace parley::graph
