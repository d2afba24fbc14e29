// SPDX-License-Identifier: Apache-2.0
//
// Rows of features gathered into batches: a model that takes sixteen at once is called a sixteenth
// as often. The last, smaller batch goes when its first row has waited 20 ms.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/timer_thread.h"
#include "graph/graph_spec.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "operators/register_all.h"

using namespace parley;
using graph::Progress;
using media::TensorFrame;

namespace {

constexpr std::size_t kBins = 80;
constexpr std::size_t kClasses = 4;

/// Stands for a model: the loudest quarter of the spectrum, for all rows of a batch in one go.
class Classifier final : public graph::Operator {
 public:
  explicit Classifier(media::BufferPool& buffers) : buffers_(buffers) {}

  Result<Progress> process(graph::ProcessContext& /*context*/) override {
    while (batch_.peek() != nullptr) {
      if (!classes_.has_room()) return Progress::blocked;
      const TensorFrame batch = batch_.pop();  // [rows, 1, kBins]
      const auto rows = static_cast<std::size_t>(batch.shape.dims()[0]);
      TensorFrame classes;
      classes.head = batch.head;
      classes.shape = {batch.shape.dims()[0]};
      classes.element = media::ElementType::uint8;
      classes.data = buffers_.take(rows);
      const std::span<std::byte> out = classes.data.writable();
      for (std::size_t row = 0; row < rows; ++row) {
        out[row] = loudest(batch.data.floats().subspan(row * kBins, kBins));
      }
      classes_.push(std::move(classes));
    }
    return Progress::need_input;
  }

 private:
  static std::byte loudest(std::span<const float> row) {
    const auto bin = std::ranges::max_element(row) - row.begin();
    return std::byte(static_cast<std::size_t>(bin) * kClasses / kBins);
  }

  media::BufferPool& buffers_;
  graph::In<TensorFrame> batch_{*this, "batch"};
  graph::Out<TensorFrame> classes_{*this, "classes"};
};

std::vector<media::Frame> chirp(media::BufferPool& buffers) {
  std::vector<media::Frame> frames;
  for (int i = 0; i < 60; ++i) {  // 20 ms each
    const auto step = static_cast<float>(i + 1);
    media::AudioFrame frame;
    frame.head.pts = media::MediaTime::from_ms(20 * i);
    frame.head.duration = media::MediaTime::from_ms(20);
    frame.samples = buffers.take_floats(320);
    float phase = 0.0F;
    for (float& sample : frame.samples.writable_floats()) sample = std::sin(phase += 0.04F * step);
    frames.push_back(std::move(frame));
  }
  return frames;
}

Status classify() {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  media::BufferPool buffers;
  graph::Registry registry;
  operators::register_all_operators(registry, {.buffers = buffers});

  graph::GraphSpec spec;
  PARLEY_TRY_STATUS(spec.add("features", registry, "filter_bank", {{"bins", 80}}));
  PARLEY_TRY_STATUS(
      spec.add("batch", registry, "batch", {{"items_max", 16}, {"delay_max_ms", 20}}));
  spec.add("model", std::make_unique<Classifier>(buffers));
  spec.inlet<media::AudioFrame>("mic", "features.audio", {.rate_hz = 16'000, .channels = 1});
  spec.connect("features.features", "batch.frames").connect("batch.batch", "model.batch");
  spec.outlet<TensorFrame>("classes", "model.classes");

  PARLEY_TRY(auto runner,
             graph::Runner::open(std::move(spec), {},
                                 {.clock = clock, .timers = timers, .metrics = metrics}));
  PARLEY_TRY(const graph::FramesByName out, runner->run({{"mic", chirp(buffers)}}));
  std::array<int, kClasses> counts{};
  for (const media::Frame& frame : out.at("classes")) {
    for (const std::byte row : std::get<TensorFrame>(frame).data.bytes()) {
      ++counts.at(std::to_integer<std::size_t>(row));
    }
  }
  std::printf("%d rows classified in %zu calls; from low to high: %d %d %d %d\n",
              std::accumulate(counts.begin(), counts.end(), 0), out.at("classes").size(), counts[0],
              counts[1], counts[2], counts[3]);
  return {};
}

}  // namespace

int main() {
  const Status status = classify();
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
