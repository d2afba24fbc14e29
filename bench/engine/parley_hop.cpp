// SPDX-License-Identifier: Apache-2.0
//
// Parley: a frame from one operator to the next on one thread. A real AudioFrame with a pooled,
// counted buffer, through the virtual `process` of each operator, one frame at a time.
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "bench/engine/frame_value.h"
#include "exec/manual_executor.h"
#include "graph/pipeline.h"

namespace parley::bench {
namespace {

using graph::Progress;
using media::AudioFrame;

class Pass final : public graph::Operator {
 public:
  Result<Progress> process(graph::ProcessContext& /*context*/) override {
    if (!out_.has_room()) return Progress::blocked;
    if (in_.peek() == nullptr) return Progress::need_input;
    out_.push(in_.pop());
    return Progress::need_input;
  }

 private:
  graph::In<AudioFrame> in_{*this, "audio"};
  graph::Out<AudioFrame> out_{*this, "audio"};
};

double nanos_of(std::size_t operators) {
  constexpr int kFrames = 20'000;
  constexpr std::size_t kStepsMax = 1000;
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool pool;
  graph::GraphSpec spec;
  for (std::size_t i = 0; i < operators; ++i) {
    const std::string name = "n" + std::to_string(i);
    spec.add(name, std::make_unique<Pass>());
    if (i > 0) spec.connect("n" + std::to_string(i - 1) + ".audio", name + ".audio");
  }
  spec.inlet<AudioFrame>("input", "n0.audio");
  spec.outlet<AudioFrame>("output", "n" + std::to_string(operators - 1) + ".audio");
  const auto pipeline =
      *graph::Pipeline::open(*graph::Plan::compile(std::move(spec)), {.clock = runtime.clock,
                                                                      .timers = runtime.timers,
                                                                      .waker = exec::Waker(),
                                                                      .metrics = metrics});
  auto& input = pipeline->inlet<AudioFrame>("input");
  auto& output = pipeline->outlet<AudioFrame>("output");
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kFrames; ++i) {
    AudioFrame frame;
    frame.samples = pool.take_floats(kSamples);
    frame.samples.writable_floats().back() = static_cast<float>(i);
    input.push(std::move(frame));
    pipeline->run(kStepsMax);
    if (output.pop().samples.floats().back() != static_cast<float>(i)) give_up("wrong frame");
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / kFrames;
}

}  // namespace
}  // namespace parley::bench

int main() {
  parley::bench::tell("parley.hop_ns", parley::bench::hop_nanos(parley::bench::nanos_of));
}
