// SPDX-License-Identifier: Apache-2.0
//
// A wake-style detector on the microphone ring: another process writes audio into shared memory
// (shared_memory_producer.cpp), the detector reads it there, without a copy.
//
//   shared_memory_producer /tmp/mic 2 & wake_detector /tmp/mic
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numbers>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/timer_thread.h"
#include "graph/graph_spec.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "operators/register_all.h"

using namespace parley;
using graph::Progress;

namespace {

/// The part of the energy that lies at `hz`, 0 to 1 (Goertzel's algorithm).
double part_at(double hz, int rate, std::span<const float> samples) {
  const double turn = 2.0 * std::cos(2.0 * std::numbers::pi * hz / rate);
  double last = 0.0;
  double before = 0.0;
  double energy = 1e-9;
  for (const float sample : samples) {
    energy += double{sample} * double{sample};
    before = std::exchange(last, sample + turn * last - before);
  }
  const double power = last * last + before * before - turn * last * before;
  return 2.0 * power / (static_cast<double>(samples.size()) * energy);
}

/// The place where a wake word model would stand: "wake" when most of the sound of five frames in a
/// row is one tone.
class ToneDetector final : public graph::Operator {
 public:
  static constexpr double kHz = 440.0;
  static constexpr int kFrames = 5;

  Result<Progress> process(graph::ProcessContext& /*context*/) override {
    while (audio_.peek() != nullptr) {
      if (!wake_.has_room()) return Progress::blocked;
      const media::AudioFrame frame = audio_.pop();
      const bool is_tone = part_at(kHz, frame.format.rate, frame.samples.floats()) > 0.8;
      in_a_row_ = is_tone ? in_a_row_ + 1 : 0;
      if (in_a_row_ == kFrames) wake_.push({.head = frame.head, .name = "wake", .value = true});
    }
    return Progress::need_input;
  }

 private:
  graph::In<media::AudioFrame> audio_{*this, "audio", {.rate_hz = 16'000, .channels = 1}};
  graph::Out<media::Control> wake_{*this, "wake"};
  int in_a_row_ = 0;
};

Status listen(const char* path) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  media::BufferPool buffers;
  graph::Registry registry;
  operators::register_all_operators(registry, {.buffers = buffers});

  graph::GraphSpec spec;
  PARLEY_TRY_STATUS(spec.add("mic", registry, "shared_memory_source", {{"path", path}}));
  spec.add("detector", std::make_unique<ToneDetector>());
  spec.connect("mic.audio", "detector.audio");
  spec.outlet<media::Control>("wake", "detector.wake");

  PARLEY_TRY(auto runner,
             graph::Runner::open(std::move(spec), {.scheduler = graph::SchedulerType::async},
                                 {.clock = clock, .timers = timers, .metrics = metrics}));
  const auto wake = runner->poll_until("wake", clock.now() + std::chrono::seconds(60));
  if (!wake) return Error{ErrorCode::deadline_exceeded, "nothing heard for a minute"};
  const media::FrameHeader head = std::get<media::Control>(*wake).head;
  std::printf("wake at %.2f s\n", static_cast<double>((head.pts + head.duration).ms()) / 1000.0);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: wake_detector PATH\n");
    return 2;
  }
  const Status status = listen(argv[1]);
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
