// SPDX-License-Identifier: Apache-2.0
//
// One graph, an operator of the box and one of our own, twice: built in C++ and read from a file.
//
//   claps claps.yaml
#include <cstdio>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "clap_detector.h"
#include "exec/timer_thread.h"
#include "graph/graph_build.h"
#include "graph/graph_file.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "operators/register_all.h"

using namespace parley;
using media::AudioFrame;
using media::Control;

namespace {

/// Three seconds of a quiet room, 20 ms a frame, in which somebody claps at 1.0 and at 2.5 s.
std::vector<media::Frame> recording(media::BufferPool& buffers) {
  std::vector<media::Frame> frames;
  for (int i = 0; i < 150; ++i) {
    AudioFrame frame;
    frame.format = {.rate = 16'000, .channels = 1};
    frame.samples = buffers.take_floats(320);
    frame.head.pts = media::MediaTime::from_ms(20 * i);
    frame.head.duration = media::MediaTime::from_ms(20);
    const float level = i == 50 || i == 125 ? 0.4F : 0.01F;
    float sign = level;
    for (float& sample : frame.samples.writable_floats()) sample = std::exchange(sign, -sign);
    frames.push_back(std::move(frame));
  }
  return frames;
}

Result<graph::GraphSpec> build_in_cpp(const graph::Registry& registry) {
  graph::GraphSpec spec;
  PARLEY_TRY_STATUS(spec.add("louder", registry, "gain", {{"gain_db", 6.0}}));
  spec.add("detector", std::make_unique<ClapDetector>(ClapDetector::Options{.threshold = 0.6F}));
  spec.inlet<AudioFrame>("mic", "louder.audio", {.rate_hz = 16'000, .channels = 1});
  spec.connect("louder.audio", "detector.audio");
  spec.outlet<Control>("claps", "detector.claps");
  return spec;
}

Status run(const char* name, graph::GraphSpec spec, graph::RunnerContext context,
           std::vector<media::Frame> frames) {
  PARLEY_TRY(auto runner, graph::Runner::open(std::move(spec), {}, std::move(context)));
  PARLEY_TRY(auto out, runner->run({{"mic", std::move(frames)}}));
  for (const media::Frame& frame : out["claps"]) {
    const auto& clap = std::get<Control>(frame);
    std::printf("%s: %s at %.2f s, %.2f\n", name, clap.name.c_str(),
                static_cast<double>(clap.head.pts.ms()) / 1000.0, std::get<double>(clap.value));
  }
  return {};
}

Status run_both(const char* path) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  media::BufferPool buffers;
  const graph::RunnerContext context{.clock = clock, .timers = timers, .metrics = metrics};

  graph::Registry registry;
  operators::register_all_operators(registry, {.buffers = buffers});
  register_clap_detector(registry);

  PARLEY_TRY(graph::GraphSpec built, build_in_cpp(registry));
  PARLEY_TRY_STATUS(run("built", std::move(built), context, recording(buffers)));

  PARLEY_TRY(const graph::GraphFile file, graph::read_graph_file(path));
  PARLEY_TRY(graph::GraphSpec read, graph::build_graph(file, registry));
  return run("read", std::move(read), context, recording(buffers));
}

}  // namespace

int main(int argc, char** argv) {
  const Status status = run_both(argc > 1 ? argv[1] : "claps.yaml");
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
