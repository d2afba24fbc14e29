// SPDX-License-Identifier: Apache-2.0
//
// What the phrase cache costs and saves, with a sentence of 2.5 s and 8 words: a hit in memory, one
// on the disk with the threads of a server, a miss beside the same call without a cache; and what a
// hit would cost if memory held 16-bit samples.
#include <atomic>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "backend/phrase_cache/caching_tts_host.h"
#include "codec/pcm16.h"
#include "exec/manual_executor.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "exec/worker_pool.h"

namespace parley::backend {
namespace {

constexpr int kRate = 22'050;
constexpr std::size_t kSamples = kRate * 5 / 2;
constexpr int kWords = 8;

/// Answers at once with the same sentence, in four parts.
class ReadyHost final : public model::TtsHost {
 public:
  ReadyHost() {
    std::vector<float> samples(kSamples);
    for (std::size_t i = 0; i < kSamples; ++i) {
      samples[i] = 0.3F * std::sin(static_cast<float>(i) * 0.05F);
    }
    whole_ = buffers_.copy_of(samples);
  }
  bool submit(std::shared_ptr<model::TtsCall> call) noexcept override {
    for (int i = 0; i < kWords; ++i) {
      const auto at = media::MediaTime::from_samples(i * kRate * 5 / 2 / kWords, kRate);
      call->words.push_back({"word", at, at});
    }
    const std::size_t part = whole_.size() / 16 * 4;
    for (std::size_t at = 0; at < 4 * part; at += part) {
      static_cast<void>(call->parts.try_push(whole_.slice(at, part)));
    }
    call->finish();
    return true;
  }
  [[nodiscard]] int rate() const noexcept override { return kRate; }
  [[nodiscard]] Nanos backlog() const noexcept override { return {}; }

 private:
  media::BufferPool buffers_;
  media::BufferRef whole_;
};

CachingTtsOptions options() {
  CachingTtsOptions options;
  options.voice_of = [](std::string_view) {
    return CachingTtsOptions::Voice{"piper-en-us-joe-medium", std::string(64, 'a')};
  };
  return options;
}

std::shared_ptr<model::TtsCall> make_call(std::string text, exec::Waker waker = {}) {
  auto call = std::make_shared<model::TtsCall>();
  call->text = std::move(text);
  call->stream = true;
  call->any_seed = true;
  call->begin(std::move(waker), Instant::never());
  return call;
}

/// A cache in one thread.
struct Bench {
  exec::ManualRuntime runtime;
  Metrics metrics;
  ReadyHost voice;
  PhraseCache cache{
      {.memory_bytes_max = 64U << 20U, .disk = {}},
      DiskTier::Surroundings{runtime.executor, runtime.timers, runtime.clock, metrics}};
  CachingTtsHost host{
      voice, cache, options(),
      CachingTtsHost::Surroundings{runtime.executor, runtime.timers, runtime.clock}};
};

const std::string kSentence = "A sentence of the length that people say.";

void memory_hit(benchmark::State& state) {
  Bench bench;
  static_cast<void>(bench.host.submit(make_call(kSentence)));
  bench.runtime.run_until_idle();
  for (auto _ : state) {
    const auto call = make_call(kSentence);
    static_cast<void>(bench.host.submit(call));
    if (!call->done()) state.SkipWithError("it was no hit");
  }
}
BENCHMARK(memory_hit)->Unit(benchmark::kMicrosecond);

/// What each hit would add if memory held half the bytes.
void converting_from_16_bit(benchmark::State& state) {
  media::BufferPool buffers;
  const std::vector<std::int16_t> kept(kSamples, 1000);
  for (auto _ : state) {
    media::BufferRef audio = buffers.take_floats(kSamples);
    codec::pcm16_to_float(kept, audio.writable_floats());
    benchmark::DoNotOptimize(audio.bytes().data());
  }
}
BENCHMARK(converting_from_16_bit)->Unit(benchmark::kMicrosecond);

void key_of_a_sentence(benchmark::State& state) {
  Bench bench;
  const auto call = make_call(kSentence);
  for (auto _ : state) benchmark::DoNotOptimize(bench.host.key_of(*call));
}
BENCHMARK(key_of_a_sentence)->Unit(benchmark::kMicrosecond);

void no_cache(benchmark::State& state) {
  ReadyHost voice;
  for (auto _ : state) static_cast<void>(voice.submit(make_call(kSentence)));
}
BENCHMARK(no_cache)->Unit(benchmark::kMicrosecond);

/// Each sentence is another one: all of it, the copy that is kept and what is evicted included.
void miss(benchmark::State& state) {
  Bench bench;
  std::uint64_t number = 0;
  for (auto _ : state) {
    const auto call = make_call(kSentence + std::to_string(number++));
    static_cast<void>(bench.host.submit(call));
    bench.runtime.run_until_idle();
    if (!call->done()) state.SkipWithError("it is not done");
  }
}
BENCHMARK(miss)->Unit(benchmark::kMicrosecond);

class Listener final : public exec::StrandBody {
 public:
  explicit Listener(exec::Executor& executor) : strand_(exec::Strand::make(executor, *this)) {}
  ~Listener() override { strand_->close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  bool run_slice() noexcept override {
    wakes_.fetch_add(1);
    wakes_.notify_all();
    return false;
  }
  exec::Waker waker() { return strand_->waker(); }
  void wait_for(const model::TtsCall& call) {
    for (int seen = wakes_.load(); !call.done(); seen = wakes_.load()) wakes_.wait(seen);
  }

 private:
  std::atomic<int> wakes_{0};
  std::shared_ptr<exec::Strand> strand_;
};

/// From submit to done, with the threads of a server; the file is in the system's memory.
void disk_hit(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("parley-phrase-bench-" + std::to_string(::getpid()));
  {
    Metrics metrics;
    SteadyClock clock;
    exec::WorkerPool pool;
    exec::TimerThread timers(clock);
    exec::ThreadExecutor disk_thread("disk");
    ReadyHost voice;
    PhraseCacheOptions cache_options{.memory_bytes_max = 0, .disk = DiskOptions()};
    cache_options.disk->path = folder.string();
    PhraseCache cache(std::move(cache_options),
                      DiskTier::Surroundings{disk_thread, timers, clock, metrics});
    CachingTtsHost host(voice, cache, options(), {pool, timers, clock});
    Listener listener(pool);
    const auto speak = [&] {
      const auto call = make_call(kSentence, listener.waker());
      static_cast<void>(host.submit(call));
      listener.wait_for(*call);
    };
    Counter& hits = metrics.counter("parley_tts_cache_hits_total",
                                    "Requests for speech that were answered with what was kept",
                                    {{"tier", "disk"}});
    while (hits.value() == 0) speak();  // until it was written
    const std::uint64_t before = hits.value();
    for (auto _ : state) speak();
    if (hits.value() - before != static_cast<std::uint64_t>(state.iterations())) {
      state.SkipWithError("not all were hits");
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(disk_hit)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace parley::backend
