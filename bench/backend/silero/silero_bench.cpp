// SPDX-License-Identifier: Apache-2.0
//
// A VAD window, in CPU time of one thread: our kernels beside ONNX Runtime on the same file, batch
// by batch. Sketch to meet: 8 µs a window in a batch of 12, 20 µs alone. And beside the two
// detectors that may take Silero's place.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "backend/onnx/fsmn_vad.h"
#include "backend/silero/silero_vad.h"
#include "model/energy_vad.h"
#include "tests/backend/onnx/recording.h"
#include "tests/backend/silero/onnx_reference.h"

namespace parley::backend {
namespace {

const std::string kFile = model_path("silero-vad/silero_vad_16k_op15.onnx");

void windows(benchmark::State& state, model::VadModel* vad) {
  const auto speech = read_recording(recording_path("beckett.wav"));
  if (vad == nullptr || !speech) {
    state.SkipWithError("the model, its kernel or beckett.wav is missing");
    return;
  }
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<std::unique_ptr<model::VadCall>> calls;
  std::vector<model::VadCall*> batch;
  for (std::size_t i = 0; i < count; ++i) {
    calls.push_back(std::make_unique<model::VadCall>());
    const std::size_t at = i * 5000 % (speech->size() - model::kVadWindowSamples);
    std::copy_n(speech->begin() + static_cast<std::ptrdiff_t>(at), model::kVadWindowSamples,
                calls.back()->window.begin());
    batch.push_back(calls.back().get());
  }
  for (auto _ : state) vad->infer(batch);
  state.counters["window"] =
      benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}

void onnx_runtime(benchmark::State& state) {
  const auto vad = OnnxReferenceVad::load(kFile);
  windows(state, vad ? vad->get() : nullptr);
}
BENCHMARK(onnx_runtime)->Arg(1)->Arg(4)->Arg(12)->Arg(16)->Arg(64)->Unit(benchmark::kMicrosecond);

void kernel(benchmark::State& state, const std::string& name) {
  std::ifstream in(kFile, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto weights = read_silero_weights(bytes);
  for (const SileroKernel& one : silero_kernels()) {
    if (!weights || one.name != name) continue;
    SileroVad vad(*weights, one);
    return windows(state, &vad);
  }
  windows(state, nullptr);
}
void kernel_avx512(benchmark::State& state) { kernel(state, "AVX-512"); }
void kernel_avx2(benchmark::State& state) { kernel(state, "AVX2"); }
void kernel_portable(benchmark::State& state) { kernel(state, "portable"); }
BENCHMARK(kernel_avx512)->Arg(1)->Arg(4)->Arg(12)->Arg(16)->Arg(64)->Unit(benchmark::kMicrosecond);
BENCHMARK(kernel_avx2)->Arg(1)->Arg(4)->Arg(12)->Arg(16)->Arg(64)->Unit(benchmark::kMicrosecond);
BENCHMARK(kernel_portable)
    ->Arg(1)
    ->Arg(4)
    ->Arg(12)
    ->Arg(16)
    ->Arg(64)
    ->Unit(benchmark::kMicrosecond);

void energy(benchmark::State& state) {
  model::EnergyVad vad;
  windows(state, &vad);
}
BENCHMARK(energy)->Arg(1)->Arg(16)->Unit(benchmark::kMicrosecond);

/// A stream that goes on with the same window: 3 or 4 frames at a time, as any other.
void fsmn(benchmark::State& state) {
  const auto vad = FsmnVad::load("../shared/models/fsmn-vad");
  windows(state, vad ? vad->get() : nullptr);
}
BENCHMARK(fsmn)->Arg(1)->Arg(16)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace parley::backend
