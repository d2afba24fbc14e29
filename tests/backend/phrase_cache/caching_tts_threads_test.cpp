// SPDX-License-Identifier: Apache-2.0
//
// Many threads ask for the same few phrases, join, cancel and go, with real threads behind: what
// the thread sanitizer is to look at. Whatever is answered is the right audio.
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "backend/phrase_cache/caching_tts_host.h"
#include "base/random.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "exec/worker_pool.h"
#include "model/fakes/fake_tts.h"
#include "model/model_host.h"
#include "tests/backend/phrase_cache/scratch_folder.h"

namespace parley::backend {
namespace {

using model::TtsCall;

/// Waits for one call after another.
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
  void wait_for(const TtsCall& call) {
    for (int seen = wakes_.load(); !call.done(); seen = wakes_.load()) wakes_.wait(seen);
  }

 private:
  std::atomic<int> wakes_{0};
  std::shared_ptr<exec::Strand> strand_;
};

TEST(CachingTtsThreads, WhateverIsAnsweredIsRight) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 300;
  constexpr std::uint64_t kPhrases = 12;

  test::ScratchFolder scratch;
  Metrics metrics;
  SteadyClock clock;
  exec::WorkerPool pool({.workers = 2});
  exec::TimerThread timers(clock);
  exec::ThreadExecutor voice_thread("voice");
  exec::ThreadExecutor disk_thread("disk");
  model::FakeTtsModel voice(8'000);
  const std::array<exec::Executor*, 1> voice_threads{&voice_thread};
  model::TtsModelHost behind(voice, {.name = "tts"}, voice_threads, clock, metrics);
  PhraseCacheOptions cache_options{.memory_bytes_max = 150'000, .disk = DiskOptions()};
  cache_options.disk->path = scratch.file("phrases");
  cache_options.disk->bytes_max = 200'000;
  PhraseCache cache(std::move(cache_options),
                    DiskTier::Surroundings{disk_thread, timers, clock, metrics});
  CachingTtsOptions options;
  options.voice_of = [](std::string_view) { return CachingTtsOptions::Voice{"tone", "1"}; };
  CachingTtsHost host(behind, cache, std::move(options), {pool, timers, clock});

  std::atomic<int> served{0};
  std::atomic<int> cancelled{0};
  const auto ask = [&](std::uint64_t seed) {
    Random random(seed);
    Listener listener(pool);
    for (int i = 0; i < kCalls; ++i) {
      auto call = std::make_shared<TtsCall>();
      const std::uint64_t phrase = random.next() % kPhrases;
      call->text = "phrase number " + std::string(phrase + 1, 'x');
      call->any_seed = true;
      call->stream = random.next() % 4 != 0;
      call->qos = random.next() % 2 == 0 ? model::TtsQos::bulk : model::TtsQos::interactive;
      call->begin(listener.waker(), clock.now());
      ASSERT_TRUE(host.submit(call));
      const bool leaves = random.next() % 4 == 0;
      if (leaves) call->cancel();
      listener.wait_for(*call);
      if (!call->status) {
        ASSERT_TRUE(leaves && call->status.error().code == ErrorCode::cancelled);
        cancelled.fetch_add(1);
        continue;
      }
      std::size_t samples = call->audio.size() / sizeof(float);
      while (auto part = call->parts.try_pop()) samples += part->floats().size();
      ASSERT_EQ(samples, call->text.size() * 480);  // 60 ms for each character
      ASSERT_EQ(call->words.size(), 3U);
      ASSERT_EQ(call->words[2].text.size(), phrase + 1);
      served.fetch_add(1);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(ask, 100 + i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served + cancelled, kThreads * kCalls);
  EXPECT_GT(served, kThreads * kCalls / 2);
}

}  // namespace
}  // namespace parley::backend
