// SPDX-License-Identifier: Apache-2.0
//
// An operator is replaced twenty times while audio flows through it. The new one takes over what
// the old one knew; every sample is counted once.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/timer_thread.h"
#include "graph/graph_spec.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"

using namespace parley;
using graph::Progress;

namespace {

constexpr int kFrames = 1'000;
constexpr int kSamples = 160;  // of a frame

/// How many samples came so far, for each frame.
class Counter final : public graph::Operator {
 public:
  explicit Counter(int version) : version_(version) {}

  Result<Progress> process(graph::ProcessContext& /*context*/) override {
    while (audio_.peek() != nullptr) {
      if (!count_.has_room()) return Progress::blocked;
      const media::AudioFrame frame = audio_.pop();
      samples_ += static_cast<std::int64_t>(frame.samples.size() / sizeof(float));
      count_.push({.head = frame.head, .name = "v" + std::to_string(version_), .value = samples_});
    }
    return Progress::need_input;
  }

  /// Between two calls of the old one and the new one; frames that wait are moved by themselves.
  Status adopt(graph::Operator& predecessor) override {
    auto* old = dynamic_cast<Counter*>(&predecessor);
    if (old == nullptr) return Error{ErrorCode::invalid_argument, "not a counter"};
    samples_ = old->samples_;
    return {};
  }

 private:
  graph::In<media::AudioFrame> audio_{*this, "audio"};
  graph::Out<media::Control> count_{*this, "count"};
  const int version_;
  std::int64_t samples_ = 0;
};

Status run() {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  media::BufferPool buffers;

  graph::GraphSpec spec;
  spec.add("counter", std::make_unique<Counter>(0));
  spec.inlet<media::AudioFrame>("mic", "counter.audio");
  spec.outlet<media::Control>("count", "counter.count");
  PARLEY_TRY(auto runner,
             graph::Runner::open(std::move(spec),
                                 {.scheduler = graph::SchedulerType::async, .max_queue_size = 1024},
                                 {.clock = clock, .timers = timers, .metrics = metrics}));
  for (int i = 0; i < kFrames; ++i) {
    media::AudioFrame frame;
    frame.samples = buffers.take_floats(kSamples);
    frame.head.pts = media::MediaTime::from_samples(std::int64_t{i} * kSamples, 16'000);
    PARLEY_TRY_STATUS(runner->push("mic", std::move(frame)));
    if (i % 50 == 25) {
      PARLEY_TRY_STATUS(runner->update_operator("counter", std::make_unique<Counter>(i / 50 + 1)));
    }
  }
  bool in_order = true;
  media::Control last;
  for (int i = 0; i < kFrames; ++i) {
    auto frame = runner->poll_until("count", clock.now() + std::chrono::seconds(60));
    if (!frame) return Error{ErrorCode::deadline_exceeded, "frames were lost"};
    last = std::get<media::Control>(std::move(*frame));
    in_order = in_order && std::get<std::int64_t>(last.value) == (i + 1) * kSamples;
  }
  std::printf("%lld samples, counted to the end by %s, %s lost or doubled\n",
              static_cast<long long>(std::get<std::int64_t>(last.value)), last.name.c_str(),
              in_order ? "none" : "SOME");
  return {};
}

}  // namespace

int main() {
  const Status status = run();
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
