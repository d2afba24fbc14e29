// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_streams.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "base/metrics.h"
#include "cli/stream_listener.h"
#include "cli/stream_source.h"
#include "cli/thread_cpu.h"
#include "exec/parker.h"
#include "exec/thread_executor.h"
#include "server/engine.h"

namespace parley::cli {
namespace {

constexpr std::chrono::seconds kWarmUp{3};
constexpr std::chrono::seconds kDrainMax{2};
constexpr std::size_t kTimedShare = 16;  // one stream in so many has its stages timed
constexpr const char* kSourceThread = "bench-source";

double cores(Nanos cpu, double seconds) { return static_cast<double>(cpu.count()) / 1e9 / seconds; }

/// The model host's own counts.
struct BatchCount {
  double runs = 0;
  double windows = 0;
};
BatchCount batches(Metrics& metrics) {
  const Histogram::Snapshot all =
      metrics
          .histogram("parley_model_batch_calls", "Calls in one run of the model", {},
                     {{"model", "vad"}})
          .snapshot();
  return {static_cast<double>(all.cumulative.back()), all.sum};
}

/// Runs one function on a thread of its own.
class OnThread final : public exec::Runnable {
 public:
  OnThread(exec::Executor& executor, std::function<void()> work) : work_(std::move(work)) {
    executor.post(*this);
  }
  void run() noexcept override {
    work_();
    done_.unpark();
  }
  void wait() { done_.park(); }

 private:
  const std::function<void()> work_;
  exec::Parker done_;
};

void wait_for(const Clock& clock, Nanos time, const std::function<bool()>& until) {
  exec::Parker rest;
  const Instant end = clock.now() + time;
  while (clock.now() < end && !until()) {
    rest.park_until(std::min(end, clock.now() + Millis(20)));
  }
}

}  // namespace

struct BenchStreams::Parts {
  std::vector<StreamTrack> tracks;
  agent::AgentSettings settings;
  Metrics metrics;
  NoRecognition recognition;
  std::unique_ptr<server::Engine> engine;

  [[nodiscard]] agent::ListeningContext context() { return engine->listening_context(recognition); }
};

BenchStreams::BenchStreams(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BenchStreams::~BenchStreams() = default;

Result<std::unique_ptr<BenchStreams>> BenchStreams::load(const Config& config,
                                                         std::vector<StreamTrack> tracks) {
  auto parts = std::make_unique<Parts>();
  parts->tracks = std::move(tracks);
  parts->settings = server::default_settings(config);
  PARLEY_TRY(parts->engine,
             server::Engine::load(
                 config, parts->metrics, {},
                 {.listening = true, .speaking = false, .thinking = false, .recognizing = false}));
  return std::unique_ptr<BenchStreams>(new BenchStreams(std::move(parts)));
}

namespace {

using Threads = std::map<std::string, Nanos>;

/// What was used between two looks: the source apart, and nothing of whoever looks.
void add_cpu(const Threads& before, const Threads& after, StreamsResult& result) {
  for (const auto& [name, used] : after) {
    const auto found = before.find(name);
    const double share =
        cores(used - (found == before.end() ? Nanos(0) : found->second), result.seconds);
    if (name == kSourceThread) {
      result.source_cores = share;
    } else if (name != "parley") {
      result.engine_cores += share;
      result.threads.push_back({name, share});
    }
  }
}

double cores_of(const StreamsResult& result, const std::string& thread) {
  for (const StreamsStage& one : result.threads) {
    if (one.name == thread) return one.cores;
  }
  return 0;
}

void add_stages(const StreamCounts& counts, StreamsResult& result) {
  const double frames = static_cast<double>(result.frames) / result.seconds;
  double known = 0;
  const auto add = [&](const char* name, StreamCounts::Stage stage) {
    const StreamCounts::StageTime& time = counts.stage_times[stage];
    const double each = static_cast<double>(time.nanos.load()) /
                        std::max(1.0, static_cast<double>(time.frames.load()));
    result.stages.push_back({name, each * frames / 1e9});
    known += result.stages.back().cores;
  };
  add("decode", StreamCounts::decode);
  add("resample", StreamCounts::resample);
  add("windows, turn logic", StreamCounts::detect);
  result.stages.push_back({"mailboxes, strands, results of the detector",
                           std::max(0.0, cores_of(result, "parley-worker") - known)});
  result.stages.push_back({"voice activity model", cores_of(result, "parley-vad")});
}

}  // namespace

Result<StreamsResult> BenchStreams::run(const BenchStreamsOptions& options,
                                        const std::function<bool()>& stopped) {
  Parts& p = *parts_;
  StreamsResult result{.streams = options.streams};
  const auto counts = std::make_unique<StreamCounts>();
  const Clock& clock = p.engine->clock();

  const std::uint64_t memory_before = resident_bytes();
  std::vector<std::unique_ptr<StreamListener>> streams;
  for (std::size_t i = 0; i < options.streams; ++i) {
    PARLEY_TRY(std::unique_ptr<StreamListener> stream,
               StreamListener::open(p.context(), p.engine->pool(), p.settings, *counts,
                                    i % kTimedShare == 0));
    streams.push_back(std::move(stream));
  }
  StreamSource source(p.tracks, streams, p.engine->buffers(), clock, *counts);
  exec::ThreadExecutor source_thread(kSourceThread);
  OnThread play(source_thread,
                [&] { source.play(kWarmUp + std::chrono::seconds(options.seconds), stopped); });

  wait_for(clock, kWarmUp, stopped);
  const BatchCount batches_before = batches(p.metrics);
  const Threads cpu_before = thread_cpu();
  const Threads others_before = other_processes_cpu();
  const Instant begin = clock.now();
  counts->measure_from.store(begin.since_zero.count(), std::memory_order_relaxed);
  wait_for(clock, std::chrono::seconds(options.seconds) - Millis(100), stopped);
  const Threads cpu_after = thread_cpu();
  const Threads others_after = other_processes_cpu();
  const BatchCount batches_after = batches(p.metrics);
  result.seconds = static_cast<double>((clock.now() - begin).count()) / 1e9;
  const std::uint64_t memory_after = resident_bytes();
  const std::uint64_t windows = counts->windows.load();
  result.slices = counts->slices.load();

  play.wait();
  wait_for(clock, kDrainMax,
           [&] { return counts->delays.count() + source.dropped() >= source.frames(); });
  result.frames = source.frames();
  result.processed = counts->delays.count();
  result.dropped = result.frames - std::min(result.processed, result.frames);
  result.delay_p50_ms = counts->delays.percentile_ms(0.5);
  result.delay_p99_ms = counts->delays.percentile_ms(0.99);
  result.delay_max_ms = counts->delays.longest_ms();
  result.late_p50_ms = source.lateness().percentile_ms(0.5);
  result.late_p99_ms = source.lateness().percentile_ms(0.99);
  result.windows = windows;
  result.batch_mean = (batches_after.windows - batches_before.windows) /
                      std::max(1.0, batches_after.runs - batches_before.runs);
  result.turns = counts->turns.load();
  result.errors = counts->errors.load();
  result.bytes_per_stream =
      (static_cast<double>(memory_after) - static_cast<double>(memory_before)) /
      static_cast<double>(options.streams);
  add_cpu(cpu_before, cpu_after, result);
  result.other_cores = cores(used_between(others_before, others_after), result.seconds);
  add_stages(*counts, result);
  return result;
}

Result<std::size_t> find_streams_max(std::size_t first, std::size_t max,
                                     const std::function<Result<bool>(std::size_t)>& run) {
  constexpr double kGrowth = 1.25;
  constexpr double kExact = 0.02;
  std::size_t good = 0;
  std::size_t bad = max + 1;
  std::size_t next = std::clamp<std::size_t>(first, 1, max);
  while (good + std::max<std::size_t>(
                    1, static_cast<std::size_t>(kExact * static_cast<double>(good))) <
         bad) {
    PARLEY_TRY(const bool passed, run(next));
    (passed ? good : bad) = next;
    const double step = static_cast<double>(next);
    if (bad > max) {
      if (good == max) break;
      next = std::min(max, static_cast<std::size_t>(std::ceil(step * kGrowth)));
    } else if (good == 0) {
      if (bad == 1) break;
      next = std::max<std::size_t>(1, static_cast<std::size_t>(step / kGrowth));
    } else {
      next = (good + bad) / 2;
    }
  }
  return good;
}

}  // namespace parley::cli
