// SPDX-License-Identifier: Apache-2.0
//
// What the operators of the box cost for each frame of 20 ms at 16 kHz, pipeline and pool included.
// To meet: 200 us (1 % of a core) for the dearest.
//   box_bench --benchmark_repetitions=10 --benchmark_report_aggregates_only=true
#include <memory>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/metrics.h"
#include "base/random.h"
#include "exec/manual_executor.h"
#include "graph/pipeline.h"
#include "graph/registry.h"
#include "operators/decode/ctc_prefix_beam.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::MediaTime;

constexpr int kRate = 16'000;
constexpr std::size_t kSamples = 320;
constexpr std::size_t kStepsMax = 100'000;

AudioFrame make_frame(media::BufferPool& pool, std::int64_t index) {
  AudioFrame frame;
  frame.head.pts = MediaTime::from_samples(index * static_cast<std::int64_t>(kSamples), kRate);
  frame.head.duration = MediaTime::from_samples(kSamples, kRate);
  frame.format = {.rate = kRate, .channels = 1};
  frame.samples = pool.take_floats(kSamples);
  Random random(static_cast<std::uint64_t>(index));
  for (float& sample : frame.samples.writable_floats()) {
    sample = static_cast<float>(0.2 * random.uniform() - 0.1);
  }
  return frame;
}

/// One kind, fed at `inputs`, read at `output`.
template <typename OutFrame>
void per_frame(benchmark::State& state, const char* kind, const graph::OptionMap& options,
               const std::vector<std::string>& inputs, const char* output) {
  media::BufferPool pool;
  exec::ManualRuntime runtime;
  Metrics metrics;
  graph::Registry registry;
  register_all_operators(registry, {.buffers = pool});
  auto made = registry.make(kind, options);
  if (!made) return state.SkipWithError(made.error().message.c_str());
  graph::GraphSpec spec;
  spec.add("op", std::move(*made));
  for (const std::string& input : inputs) spec.inlet<AudioFrame>(input, "op." + input);
  spec.outlet<OutFrame>("out", std::string("op.") + output);
  auto plan = graph::Plan::compile(std::move(spec));
  if (!plan) return state.SkipWithError(plan.error().message.c_str());
  auto opened = graph::Pipeline::open(*std::move(plan),
                                      {runtime.clock, runtime.timers, exec::Waker(), metrics});
  if (!opened) return state.SkipWithError(opened.error().message.c_str());
  graph::Pipeline& pipeline = **opened;
  graph::Outlet<OutFrame>& out = pipeline.outlet<OutFrame>("out");
  std::int64_t index = 0;
  const AudioFrame sound = make_frame(pool, 7);
  for (auto _ : state) {
    for (const std::string& input : inputs) {
      AudioFrame frame = sound;
      frame.samples = pool.copy_of(sound.samples.floats());
      frame.head.pts = MediaTime::from_samples(index * static_cast<std::int64_t>(kSamples), kRate);
      pipeline.inlet<AudioFrame>(input).push(std::move(frame));
    }
    ++index;
    static_cast<void>(pipeline.run(kStepsMax));
    while (!out.empty()) static_cast<void>(out.pop());
  }
}

using media::TensorFrame;
void Gain(benchmark::State& state) {
  per_frame<AudioFrame>(state, "gain", {{"gain_db", 3.0}}, {"audio"}, "audio");
}
BENCHMARK(Gain);
void Resample24to16(benchmark::State& state) {
  per_frame<AudioFrame>(state, "resample", {{"rate_hz", std::int64_t{24'000}}}, {"audio"}, "audio");
}
BENCHMARK(Resample24to16);
void MixFour(benchmark::State& state) {
  per_frame<AudioFrame>(state, "mixer", {{"inputs", std::int64_t{4}}}, {"in1", "in2", "in3", "in4"},
                        "audio");
}
BENCHMARK(MixFour);
void Denoise(benchmark::State& state) {
  per_frame<AudioFrame>(state, "denoise", {}, {"audio"}, "audio");
}
BENCHMARK(Denoise);
void EchoCancel(benchmark::State& state) {
  per_frame<AudioFrame>(state, "echo_cancel", {}, {"reference", "audio"}, "audio");
}
BENCHMARK(EchoCancel);
void FilterBank(benchmark::State& state) {
  per_frame<TensorFrame>(state, "filter_bank", {}, {"audio"}, "features");
}
BENCHMARK(FilterBank);
void LogMel(benchmark::State& state) {
  per_frame<TensorFrame>(state, "log_mel", {}, {"audio"}, "features");
}
BENCHMARK(LogMel);
void MfccWithDeltas(benchmark::State& state) {
  per_frame<TensorFrame>(state, "mfcc", {}, {"audio"}, "features");
}
BENCHMARK(MfccWithDeltas);
void MultiStreamAligned(benchmark::State& state) {
  per_frame<AudioFrame>(state, "multi_stream",
                        {{"streams", std::string("a:AudioFrame, b:AudioFrame")}}, {"b", "a"}, "a");
}
BENCHMARK(MultiStreamAligned);

/// One row of a CTC model of 500 tokens that is quite sure.
std::vector<std::vector<float>> make_rows(std::size_t tokens) {
  Random random(3);
  std::vector<std::vector<float>> rows(500, std::vector<float>(tokens));
  for (auto& row : rows) {
    for (float& value : row) value = static_cast<float>(-6.0 - 4.0 * random.uniform());
    row[random.uniform() < 0.7 ? 0 : static_cast<std::size_t>(random.uniform() * 499.0)] = -0.2F;
  }
  return rows;
}

void CtcBeam16PerRow(benchmark::State& state) {
  const auto rows = make_rows(500);
  CtcPrefixBeam decoder({});
  std::size_t at = 0;
  for (auto _ : state) {
    decoder.advance(rows[at++ % rows.size()]);
    if (at % rows.size() == 0) decoder.reset();
  }
}
BENCHMARK(CtcBeam16PerRow);

}  // namespace
}  // namespace parley::operators
