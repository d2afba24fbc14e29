// SPDX-License-Identifier: Apache-2.0
//
// Real speech to text: file → Silero VAD → turns → Moonshine; the models are those that tools/deps
// fetches. The graph is a file's text. All of it, models too, runs on this thread and in virtual
// time: the recording is played at its own pace on a clock that does not wait, so it takes as long
// as the models compute, and gives the same each time.
//
//   speech_to_text MODELS RECORDING
#include <cstdio>
#include <string>
#include <utility>

#include "backend/onnx/moonshine_asr.h"
#include "backend/silero/silero_vad.h"
#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/graph_build.h"
#include "graph/graph_file.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "model/model_host.h"
#include "operators/register_all.h"

using namespace parley;

namespace {

constexpr const char* kGraph = R"(
version: 1
nodes:
  capture: {operator: file_source, options: {path: set below, paced: true}}
  vad:     {operator: vad, options: {threshold: 0.5}, inputs: {audio: capture.audio}}
  turn:    {operator: turn, options: {silence_ms: 400},
            inputs: {audio: capture.audio, speech: vad.speech}}
  asr:     {operator: asr, inputs: {audio: capture.audio, events: turn.events}}
outputs:
  text: asr.transcripts
)";

Status recognise(const std::string& models, const std::string& recording) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  PARLEY_TRY(const auto silero,
             backend::SileroVad::load(models + "/silero-vad/silero_vad_16k_op15.onnx"));
  PARLEY_TRY(const auto moonshine, backend::MoonshineAsr::load(models + "/moonshine-tiny-en"));
  exec::Executor* const executors[] = {&runtime.executor};
  model::VadModelHost vad(*silero, {.name = "vad"}, executors, runtime.clock, metrics);
  model::AsrModelHost asr(*moonshine, {.name = "asr"}, executors, runtime.clock, metrics);
  graph::Registry registry;
  operators::register_all_operators(registry, {.buffers = buffers, .vad = &vad, .asr = &asr});

  PARLEY_TRY(graph::GraphFile file, graph::parse_graph_file(kGraph, "speech_to_text"));
  PARLEY_TRY_STATUS(graph::set_option(file, "capture.path=" + recording));
  PARLEY_TRY(graph::GraphSpec spec, graph::build_graph(file, registry));
  PARLEY_TRY(auto runner,
             graph::Runner::open(std::move(spec), {.scheduler = graph::SchedulerType::async},
                                 {.clock = runtime.clock,
                                  .timers = runtime.timers,
                                  .metrics = metrics,
                                  .virtual_time = &runtime}));
  PARLEY_TRY(const graph::FramesByName out, runner->run({}));
  for (const media::Frame& frame : out.at("text")) {
    const auto& said = std::get<media::Transcript>(frame);
    std::printf("%.1f s: %s\n", static_cast<double>(said.head.pts.ms()) / 1000.0,
                said.text.c_str());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: speech_to_text MODELS RECORDING\n");
    return 2;
  }
  const Status status = recognise(argv[1], argv[2]);
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
