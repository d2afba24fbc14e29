// SPDX-License-Identifier: Apache-2.0
//
// From a recording to text: capture → VAD → features → ONNX → decoder. All but the VAD, which is
// written here, are operators of the box. The acoustic model is the toy of tone_model.cpp; put your
// own CTC model and its symbols in its place. (A microphone instead of the file: kind `capture`.)
//
//   tone_model . "hello world" && asr_pipeline .
//
// speech_to_text.cpp does the same for real speech, with whole models behind two operators.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "backend/onnx/onnx_tensor_model.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "graph/graph_spec.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "model/tensor_hosts.h"
#include "operators/register_all.h"

using namespace parley;
using graph::Progress;

namespace {

/// Lets frames through that are loud, and 200 ms after the last of them.
class EnergyVad final : public graph::Operator {
 public:
  static constexpr float kRmsMin = 0.003F;
  static constexpr int kHangover = 10;  // frames

  Result<Progress> process(graph::ProcessContext& /*context*/) override {
    while (audio_.peek() != nullptr) {
      if (!speech_.has_room()) return Progress::blocked;
      media::AudioFrame frame = audio_.pop();
      float energy = 0.0F;
      for (const float sample : frame.samples.floats()) energy += sample * sample;
      const auto count = static_cast<float>(frame.samples.size() / sizeof(float));
      left_ = energy > count * kRmsMin * kRmsMin ? kHangover : left_ - 1;
      if (left_ > 0 || frame.head.is_last) speech_.push(std::move(frame));
    }
    return Progress::need_input;
  }

 private:
  graph::In<media::AudioFrame> audio_{*this, "audio", {.channels = 1}};
  graph::Out<media::AudioFrame> speech_{*this, "speech", {.format_of = &audio_}};
  int left_ = 0;
};

Result<graph::GraphSpec> build(const graph::Registry& registry, const std::string& folder) {
  graph::GraphSpec spec;
  PARLEY_TRY_STATUS(spec.add("capture", registry, "file_source",
                             {{"path", folder + "/said.wav"}, {"paced", false}}));
  spec.add("vad", std::make_unique<EnergyVad>());
  PARLEY_TRY_STATUS(spec.add("features", registry, "filter_bank", {{"bins", 80}, {"rows", 10}}));
  PARLEY_TRY_STATUS(
      spec.add("model", registry, "onnx",
               {{"model", folder + "/tones.onnx"}, {"inputs", "features"}, {"outputs", "scores"}}));
  PARLEY_TRY_STATUS(
      spec.add("decoder", registry, "ctc_decode",
               {{"symbols", folder + "/tones.txt"}, {"search", "greedy"}, {"logits", true}}));
  spec.connect("capture.audio", "vad.audio").connect("vad.speech", "features.audio");
  spec.connect("features.features", "model.features").connect("model.scores", "decoder.scores");
  spec.outlet<media::Transcript>("text", "decoder.transcript");
  return spec;
}

Status recognise(const std::string& folder) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  media::BufferPool buffers;
  exec::ThreadExecutor model_thread("models");  // inference blocks: never on a pipeline's strand
  exec::Executor* const executors[] = {&model_thread};
  model::SharedTensorHosts models(
      [&](const std::string& file) { return backend::OnnxTensorModel::load(file, buffers); },
      executors, clock, metrics);
  graph::Registry registry;
  operators::register_all_operators(registry, {.buffers = buffers, .tensors = &models});

  PARLEY_TRY(graph::GraphSpec spec, build(registry, folder));
  PARLEY_TRY(auto runner,
             graph::Runner::open(std::move(spec), {.scheduler = graph::SchedulerType::async},
                                 {.clock = clock, .timers = timers, .metrics = metrics}));
  PARLEY_TRY(const graph::FramesByName out, runner->run({}));
  for (const media::Frame& frame : out.at("text")) {
    const auto& transcript = std::get<media::Transcript>(frame);
    std::printf("%s %s\n", transcript.is_final ? "=" : " ", transcript.text.c_str());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const Status status = recognise(argc > 1 ? argv[1] : ".");
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
