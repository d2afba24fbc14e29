// SPDX-License-Identifier: Apache-2.0
//
// What the kernels cost per 10 ms hop or block of 16 kHz audio. To meet: all of them together well
// under 1 % of a core, which is 100 us.
//   dsp_bench --benchmark_repetitions=10 --benchmark_report_aggregates_only=true
#include <complex>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/random.h"
#include "dsp/deltas.h"
#include "dsp/denoiser.h"
#include "dsp/echo_canceller.h"
#include "dsp/fbank.h"
#include "dsp/fft.h"
#include "dsp/mfcc.h"
#include "dsp/mixer.h"
#include "dsp/whisper_log_mel.h"

namespace parley::dsp {
namespace {

std::vector<float> noise(std::size_t samples) {
  Random random(1);
  std::vector<float> out(samples);
  for (float& sample : out) sample = static_cast<float>(0.2 * random.uniform() - 0.1);
  return out;
}

void Fft(benchmark::State& state) {
  RealFft fft = *RealFft::make(static_cast<std::size_t>(state.range(0)));
  const std::vector<float> in = noise(fft.size());
  std::vector<float> power(fft.bins());
  for (auto _ : state) {
    fft.power(in, power);
    benchmark::DoNotOptimize(power.data());
  }
}
BENCHMARK(Fft)->Arg(256)->Arg(400)->Arg(512)->Arg(1024)->Arg(2048);

template <typename Kernel>
void per_window(benchmark::State& state, Kernel kernel) {
  const std::vector<float> window = noise(kernel.window_samples());
  std::vector<float> row(kernel.dimensions());
  for (auto _ : state) {
    kernel.compute(window, row);
    benchmark::DoNotOptimize(row.data());
  }
}
void FilterBank80(benchmark::State& state) { per_window(state, *Fbank::make({})); }
BENCHMARK(FilterBank80);
void WhisperMel80(benchmark::State& state) { per_window(state, *WhisperLogMel::make()); }
BENCHMARK(WhisperMel80);
void Mfcc40(benchmark::State& state) { per_window(state, *Mfcc::make({})); }
BENCHMARK(Mfcc40);

void Deltas40(benchmark::State& state) {
  Deltas deltas(40);
  const std::vector<float> row = noise(40);
  std::vector<float> out(120);
  for (auto _ : state) {
    deltas.push(row);
    while (deltas.next(out)) benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(Deltas40);

void Denoise10ms(benchmark::State& state) {
  Denoiser denoiser = *Denoiser::make({});
  const std::vector<float> in = noise(denoiser.block_samples());
  std::vector<float> block = in;
  for (auto _ : state) {
    block = in;
    denoiser.process(block);
  }
}
BENCHMARK(Denoise10ms);

void Echo10ms(benchmark::State& state) {
  EchoCanceller canceller = *EchoCanceller::make({.tail_ms = static_cast<int>(state.range(0))});
  const std::vector<float> in = noise(canceller.block_samples());
  std::vector<float> block = in;
  for (auto _ : state) {
    block = in;
    canceller.process(block, in);
  }
}
BENCHMARK(Echo10ms)->Arg(100)->Arg(200)->Arg(400);

void Mix20ms(benchmark::State& state) {
  const std::vector<float> in = noise(320);
  std::vector<float> sum(320);
  for (auto _ : state) {
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (int i = 0; i < 4; ++i) mix(sum, in, 0.5F);
    benchmark::DoNotOptimize(limit(sum));
  }
}
BENCHMARK(Mix20ms);

}  // namespace
}  // namespace parley::dsp
