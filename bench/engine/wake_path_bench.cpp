// SPDX-License-Identifier: Apache-2.0
//
// Target: from the moment when another process has written a sample into the shared-memory ring to
// a detector's decision about it, p99 at most 5 ms, the model's own window not counted.
//
// Another process writes 20 ms frames (16 kHz) in real time. The pipeline on a WorkerPool:
// shared_memory_source → detector: 25 ms windows every 10 ms, 40 log mel features of each, energy,
// and a score over the last 30 windows against a pattern, which is what a small wake word model
// does to its input. The decision about a frame is made when the last window that the frame
// completes has been scored. Counted from the frame's commit, which is after its last sample was
// written. `busy` so many threads of this process compute without pause beside it.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/exec/percentiles.h"
#include "dsp/fbank.h"
#include "exec/parker.h"
#include "exec/timer_thread.h"
#include "exec/worker_pool.h"
#include "graph/pipeline.h"
#include "media/audio_ring.h"
#include "media/shared_ring_writer.h"
#include "operators/device/shared_memory_source.h"

namespace parley {
namespace {

constexpr std::size_t kFramesMax = 4'000;
constexpr std::size_t kFrameSamples = 320;
const SteadyClock steady;

/// When each frame was committed; written by the producer's process.
struct Times {
  std::array<std::atomic<std::int64_t>, kFramesMax> committed;
};

/// Says of every frame whether the pattern was heard, and when it knew.
class Detector final : public graph::Operator {
 public:
  explicit Detector(std::array<std::atomic<std::int64_t>, kFramesMax>& decided)
      : fbank_(dsp::Fbank::make({.bins = static_cast<int>(kBins)}).value()), decided_(decided) {}

  Result<graph::Progress> process(graph::ProcessContext&) override {
    while (audio_.peek() != nullptr) {
      const media::AudioFrame frame = audio_.pop();
      ring_.push(frame.samples.floats());
      for (; ring_.size() >= fbank_.window_samples(); ring_.drop(fbank_.hop_samples())) score();
      if (frame.head.sequence < kFramesMax) {
        decided_[frame.head.sequence].store(steady.now().since_zero.count());
      }
    }
    return graph::Progress::need_input;
  }
  [[nodiscard]] std::uint64_t heard() const { return heard_; }

 private:
  static constexpr std::size_t kBins = 40;
  static constexpr std::size_t kRows = 30;

  void score() {
    std::array<float, kBins>& row = rows_[next_++ % kRows];
    fbank_.compute(ring_.window(0, fbank_.window_samples()), row);
    float sum = 0.0F;
    for (std::size_t i = 0; i < kRows; ++i) {
      const std::array<float, kBins>& past = rows_[(next_ + i) % kRows];
      for (std::size_t bin = 0; bin < kBins; ++bin) {
        sum += past[bin] * (i < kRows / 2 ? -1.0F : 1.0F);  // a rise in level
      }
    }
    heard_ += sum > 1'000.0F ? 1 : 0;
  }

  graph::In<media::AudioFrame> audio_{*this, "audio"};
  dsp::Fbank fbank_;
  std::array<std::atomic<std::int64_t>, kFramesMax>& decided_;
  media::AudioRing ring_{4'000};
  std::array<std::array<float, kBins>, kRows> rows_{};
  std::size_t next_ = 0;
  std::uint64_t heard_ = 0;
};

/// Noise with a louder stretch now and then.
[[noreturn]] void produce(const std::string& path, Times& times, std::size_t frames, Nanos pace) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  {
    const media::SharedRing ring = media::SharedRing::create({}).value();
    const auto writer =
        media::SharedRingWriter::claim(ring, media::WhenRingFull::drop_oldest, steady).value();
    const media::SharedRingName name = ring.publish(path).value();
    while (writer->consumers() == 0) writer->wait_for_room(Instant::never());
    exec::Parker rest;
    Instant next = steady.now() + Millis(200);
    std::uint32_t noise = 1;
    for (std::size_t i = 0; i < frames; ++i, next = next + pace) {
      rest.park_until(next);
      const std::span<std::byte> slot = writer->begin();
      auto* const samples = reinterpret_cast<float*>(slot.data());
      const float level = i % 50 < 10 ? 0.3F : 0.001F;
      for (std::size_t k = 0; k < kFrameSamples; ++k) {
        noise = noise * 1'664'525U + 1'013'904'223U;
        samples[k] = level * (static_cast<float>(noise >> 8U) / 8'388'608.0F - 1.0F);
      }
      media::SharedFrameHead head;
      head.pts = media::MediaTime::from_ms(20 * static_cast<std::int64_t>(i));
      head.bytes = kFrameSamples * sizeof(float);
      times.committed[i].store(steady.now().since_zero.count());
      writer->commit(head);
    }
  }
  ::_exit(0);
}

/// A pipeline on a strand of its own.
class Listener final : exec::StrandBody {
 public:
  Listener(exec::Executor& executor, exec::TimerService& timers, graph::GraphSpec spec)
      : strand_(exec::Strand::make(executor, *this)) {
    pipeline_ =
        graph::Pipeline::open(
            graph::Plan::compile(std::move(spec)).value(),
            {.clock = steady, .timers = timers, .waker = strand_->waker(), .metrics = metrics_})
            .value();
    strand_->wake();
  }
  ~Listener() override {
    strand_->close();
    pipeline_->close();
  }

 private:
  bool run_slice() noexcept override { return pipeline_->run(100); }
  Metrics metrics_;
  std::shared_ptr<exec::Strand> strand_;
  std::unique_ptr<graph::Pipeline> pipeline_;
};

void wake_path(benchmark::State& state) {
  const auto frames = static_cast<std::size_t>(state.range(0));
  const Nanos pace = Millis(state.range(1));
  const auto busy_threads = static_cast<std::size_t>(state.range(2));
  const std::string path =
      std::filesystem::temp_directory_path() / ("parley_wake_path_" + std::to_string(::getpid()));
  auto* const times = static_cast<Times*>(
      ::mmap(nullptr, sizeof(Times), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (auto _ : state) {
    const pid_t producer = ::fork();
    if (producer == 0) produce(path, *times, frames, pace);
    std::atomic<bool> stop{false};
    std::vector<std::thread> busy;
    for (std::size_t i = 0; i < busy_threads; ++i) {
      busy.emplace_back([&] {
        for (double x = 1.0; !stop.load(std::memory_order_relaxed);) {
          benchmark::DoNotOptimize(x = std::sqrt(x + 1.0));
        }
      });
    }
    media::BufferPool buffers;
    auto decided = std::make_unique<std::array<std::atomic<std::int64_t>, kFramesMax>>();
    {
      exec::TimerThread timers(steady);
      exec::WorkerPool pool;
      graph::GraphSpec spec;
      spec.add("ring", std::make_unique<operators::SharedMemorySourceOperator>(
                           operators::SharedMemorySourceOperator::Options{.path = path}, buffers));
      spec.add("detector", std::make_unique<Detector>(*decided));
      spec.connect("ring.audio", "detector.audio");
      const Listener listener(pool, timers, std::move(spec));
      ::waitpid(producer, nullptr, 0);
      exec::Parker rest;
      rest.park_until(steady.now() + Millis(100));  // what is on its way
    }
    stop.store(true);
    for (std::thread& thread : busy) thread.join();
    std::vector<double> nanos;
    std::size_t missing = 0;
    for (std::size_t i = 0; i < frames; ++i) {
      const std::int64_t at = (*decided)[i].load();
      if (at == 0) {
        ++missing;
      } else {
        nanos.push_back(static_cast<double>(at - times->committed[i].load()));
      }
    }
    bench::report_percentiles(state, "decision", nanos);
    state.counters["decision_max_us"] =
        nanos.empty() ? 0.0 : *std::max_element(nanos.begin(), nanos.end()) / 1000.0;
    state.counters["frames"] = static_cast<double>(nanos.size());
    state.counters["missing"] = static_cast<double>(missing);
  }
  ::munmap(times, sizeof(Times));
}
// frames, pace in ms, threads that compute without pause
BENCHMARK(wake_path)
    ->ArgNames({"frames", "pace_ms", "busy"})
    ->Args({1'000, 20, 0})
    ->Args({4'000, 2, 0})
    ->Args({1'000, 20, 2})
    ->Args({1'000, 20, 8})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);

}  // namespace
}  // namespace parley
