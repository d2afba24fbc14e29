// SPDX-License-Identifier: Apache-2.0
//
// What a second of speech costs in each format, in pieces of 100 ms. To meet: mp3, the usual one,
// under 10 ms of a core, so that encoding for 30 listeners in real time is a third of it.
//   codec_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
// The bytes per second are those of the file.
#include <cmath>
#include <numbers>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/random.h"
#include "codec/audio_encoder.h"

namespace parley::codec {
namespace {

constexpr int kRate = 24'000;
constexpr std::size_t kPiece = kRate / 10;

/// Harmonics of a gliding tone, syllables, and some breath.
std::vector<float> one_second() {
  Random random(1);
  std::vector<float> samples(kRate);
  double phase = 0.0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double time = static_cast<double>(i) / kRate;
    phase += 2.0 * std::numbers::pi * (130.0 + 30.0 * std::sin(4.0 * time)) / kRate;
    double sum = 0.05 * random.uniform();
    for (int harmonic = 1; harmonic <= 30; ++harmonic) {
      sum += std::sin(phase * harmonic + harmonic * harmonic) / harmonic;
    }
    samples[i] = static_cast<float>(0.2 * sum * std::pow(std::sin(10.0 * time), 2.0));
  }
  return samples;
}

void SecondOfSpeech(benchmark::State& state) {
  const auto format = static_cast<AudioFileFormat>(state.range(0));
  state.SetLabel(std::string(format_name(format)));
  const std::vector<float> samples = one_second();
  auto encoder = *AudioEncoder::make({.format = format, .rate = kRate});
  std::string out;
  std::size_t bytes = 0;
  for (auto _ : state) {
    out.clear();
    for (std::size_t at = 0; at < samples.size(); at += kPiece) {
      if (!encoder->encode(std::span(samples).subspan(at, kPiece), out)) {
        state.SkipWithError("encode failed");
      }
    }
    bytes += out.size();
  }
  state.counters["bytes/s"] = static_cast<double>(bytes) / static_cast<double>(state.iterations());
}
BENCHMARK(SecondOfSpeech)->DenseRange(0, 7)->Unit(benchmark::kMillisecond);

/// Made and finished for every sentence.
void MakeAndFinish(benchmark::State& state) {
  const auto format = static_cast<AudioFileFormat>(state.range(0));
  state.SetLabel(std::string(format_name(format)));
  std::string out;
  for (auto _ : state) {
    out.clear();
    auto encoder = *AudioEncoder::make({.format = format, .rate = kRate});
    if (!encoder->finish(out)) state.SkipWithError("finish failed");
  }
}
BENCHMARK(MakeAndFinish)->DenseRange(0, 7)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace parley::codec
