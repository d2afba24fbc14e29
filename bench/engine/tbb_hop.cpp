// SPDX-License-Identifier: Apache-2.0
//
// oneTBB's flow graph: the same frame through a chain of function_nodes on one thread, for each of
// the policies that a node may have. The bodies are noexcept, without which `lightweight` is not.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

#include "bench/engine/frame_value.h"
#include "media/frame.h"

namespace parley::bench {
namespace {

using media::AudioFrame;

template <typename Policy>
double nanos_of(std::size_t operators, std::size_t concurrency) {
  using Node = tbb::flow::function_node<AudioFrame, AudioFrame, Policy>;
  constexpr int kFrames = 20'000;
  media::BufferPool pool;
  tbb::flow::graph graph;
  std::vector<std::unique_ptr<Node>> nodes;
  for (std::size_t i = 0; i < operators; ++i) {
    nodes.push_back(std::make_unique<Node>(graph, concurrency,
                                           [](const AudioFrame& frame) noexcept { return frame; }));
    if (i > 0) tbb::flow::make_edge(*nodes[i - 1], *nodes[i]);
  }
  float seen = -1;
  tbb::flow::function_node<AudioFrame, tbb::flow::continue_msg, tbb::flow::lightweight> sink(
      graph, 1,
      [&seen](const AudioFrame& frame) noexcept { seen = frame.samples.floats().back(); });
  tbb::flow::make_edge(*nodes.back(), sink);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kFrames; ++i) {
    AudioFrame frame;
    frame.samples = pool.take_floats(kSamples);
    frame.samples.writable_floats().back() = static_cast<float>(i);
    nodes.front()->try_put(frame);
    graph.wait_for_all();
    if (seen != static_cast<float>(i)) give_up("wrong frame");
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / kFrames;
}

template <typename Policy>
void measure(const std::string& name) {
  for (const bool serial : {true, false}) {
    const std::size_t concurrency = serial ? tbb::flow::serial : tbb::flow::unlimited;
    tell("tbb." + name + (serial ? "_serial" : "_unlimited") + ".hop_ns",
         hop_nanos([&](std::size_t n) { return nanos_of<Policy>(n, concurrency); }));
  }
}

}  // namespace
}  // namespace parley::bench

int main() {
  using namespace parley::bench;
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  measure<tbb::flow::queueing>("queueing");
  measure<tbb::flow::rejecting>("rejecting");
  measure<tbb::flow::queueing_lightweight>("queueing_lightweight");
  measure<tbb::flow::rejecting_lightweight>("rejecting_lightweight");
}
