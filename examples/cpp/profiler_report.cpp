// SPDX-License-Identifier: Apache-2.0
//
// Where the time of a graph goes: ten seconds of noise through four operators of the box, and what
// the profiler says of them.
//
//   profiler_report [TRACE.json]      # and the last calls, for https://ui.perfetto.dev
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/timer_thread.h"
#include "graph/graph_build.h"
#include "graph/graph_file.h"
#include "graph/profiler.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "operators/register_all.h"

using namespace parley;

namespace {

constexpr const char* kGraph = R"(
version: 1
inputs: {mic: {type: AudioFrame, rate_hz: 48000, channels: 1}}
nodes:
  resample: {operator: resample, options: {rate_hz: 16000}, inputs: {audio: mic}}
  denoise:  {operator: denoise, inputs: {audio: resample.audio}}
  mfcc:     {operator: mfcc, inputs: {audio: denoise.audio}}
  mel:      {operator: log_mel, inputs: {audio: denoise.audio}}
outputs: {mfcc: mfcc.features, mel: mel.features}
)";

std::vector<media::Frame> noise(media::BufferPool& buffers) {
  std::vector<media::Frame> frames;
  std::uint32_t state = 1;
  for (int i = 0; i < 500; ++i) {
    media::AudioFrame frame;
    frame.format = {.rate = 48'000, .channels = 1};
    frame.samples = buffers.take_floats(960);
    frame.head.pts = media::MediaTime::from_ms(20 * i);
    frame.head.duration = media::MediaTime::from_ms(20);
    for (float& sample : frame.samples.writable_floats()) {
      state = state * 1'664'525U + 1'013'904'223U;
      sample = 0.1F * static_cast<float>(static_cast<std::int32_t>(state)) / 2147483648.0F;
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

Status profile(const char* trace) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  media::BufferPool buffers;
  graph::Registry registry;
  operators::register_all_operators(registry, {.buffers = buffers});

  PARLEY_TRY(const graph::GraphFile file, graph::parse_graph_file(kGraph, "profiled"));
  PARLEY_TRY(graph::GraphSpec spec, graph::build_graph(file, registry));
  graph::Profiler profiler(clock);
  PARLEY_TRY(auto runner,
             graph::Runner::open(
                 std::move(spec), {},
                 {.clock = clock, .timers = timers, .metrics = metrics, .profiler = &profiler}));
  for (media::Frame& frame : noise(buffers)) {
    PARLEY_TRY(const graph::FramesByName out, runner->run({{"mic", {std::move(frame)}}}));
  }
  std::fputs(graph::to_table(profiler.report()).c_str(), stdout);
  if (trace != nullptr) std::ofstream(trace) << profiler.to_chrome_trace();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const Status status = profile(argc > 1 ? argv[1] : nullptr);
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
