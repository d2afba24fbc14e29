// SPDX-License-Identifier: Apache-2.0
//
// Sessions on a real pool, with real timers and model threads, fed and closed by several threads at
// once. What it shows: each session gets its own answers, whole and in order, and goes when told.
// The thread sanitizer watches it.
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/metrics.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "exec/worker_pool.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_llm.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "service/realtime/realtime_service.h"
#include "tests/support/audio.h"

namespace parley::test {
namespace {

/// A connection: `send` comes from the strand, `wait_for` runs on the thread that feeds it.
class WaitingLink final : public service::ClientLink {
 public:
  service::SendResult send(protocol::ServerEvent event) override {
    if (!protocol::is_shown(event.payload, protocol::Dialect::ga)) return service::SendResult::sent;
    std::string frame = protocol::to_json(event);
    const std::lock_guard lock(mutex_);
    frames_.push_back(std::move(frame));
    news_.notify_all();
    return service::SendResult::sent;
  }
  void resume() override {
    const std::lock_guard lock(mutex_);
    ++resumed_;
    news_.notify_all();
  }
  void close(std::uint16_t, std::string) override {}

  /// The first frame, from `from` on, that holds all `words`.
  std::string wait_for(const std::vector<std::string>& words) {
    std::unique_lock lock(mutex_);
    for (std::size_t at = 0;; ++at) {
      news_.wait(lock, [&] { return at < frames_.size(); });
      bool all = true;
      for (const std::string& word : words) all &= frames_[at].find(word) != std::string::npos;
      if (all) return frames_[at];
    }
  }
  void wait_for_room(int& seen) {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return resumed_ > seen; });
    seen = resumed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::string> frames_;
  int resumed_ = 0;
};

class Engine {
 public:
  Engine() = default;

  SteadyClock clock;
  exec::TimerThread timers{clock};
  exec::WorkerPool pool{{.workers = 3, .name = "test-worker"}};
  Metrics metrics;
  media::BufferPool buffers;

 private:
  exec::ThreadExecutor vad_thread_{"test-vad"};
  exec::ThreadExecutor asr_thread_{"test-asr"};
  exec::ThreadExecutor tts_thread_{"test-tts"};
  exec::Executor* asr_threads_[1] = {&asr_thread_};
  exec::Executor* tts_threads_[1] = {&tts_thread_};
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  model::FakeTtsModel tts_model_;
  model::VadModelHost vad_{vad_model_, {.name = "vad"}, vad_thread_, clock, metrics};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, asr_threads_, clock, metrics};
  model::TtsModelHost tts_{tts_model_, {.name = "tts"}, tts_threads_, clock, metrics};
  model::FakeLlm llm_{{}, pool, timers, clock};  // repeats what the user said

 public:
  service::RealtimeService service{
      {clock, timers, buffers, metrics, vad_, asr_, llm_, tts_}, pool, {}};
};

class Client {
 public:
  explicit Client(Engine& engine) : engine_(engine) {
    auto opened = engine.service.open({.model = "m"}, link_);
    EXPECT_TRUE(opened);
    session_ = std::move(*opened);
  }
  void say(const std::string& frame) {
    protocol::ParsedEvent event = protocol::parse_client_event(frame, engine_.buffers);
    while (session_->push(std::move(event)) == service::PushResult::full) {
      link_->wait_for_room(resumed_);
    }
  }
  void append(Millis length, double amplitude) {
    const std::vector<float> samples =
        sine(static_cast<std::size_t>(length.count()) * 24U, 220.0, 24'000, amplitude);
    std::vector<std::int16_t> pcm(samples.size());
    for (std::size_t i = 0; i < pcm.size(); ++i) {
      pcm[i] = static_cast<std::int16_t>(samples[i] * 32767.0F);
    }
    for (std::size_t at = 0; at < pcm.size(); at += 480) {
      std::string frame = R"({"type":"input_audio_buffer.append","audio":")";
      base64_append(frame, std::as_bytes(std::span(pcm).subspan(at, 480)));
      say(frame + "\"}");
    }
  }
  WaitingLink& link() { return *link_; }
  void close() { session_->close(); }

 private:
  Engine& engine_;
  std::shared_ptr<WaitingLink> link_ = std::make_shared<WaitingLink>();
  std::shared_ptr<service::RealtimeSession> session_;
  int resumed_ = 0;
};

constexpr int kThreads = 4;
constexpr int kSessionsEach = 5;

TEST(SessionThreads, AnswersEachSessionWithItsOwnWords) {
  Engine engine;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&engine, t] {
      for (int s = 0; s < kSessionsEach; ++s) {
        Client client(engine);
        const std::string word = "word-" + std::to_string(t) + "-" + std::to_string(s);
        client.say(R"({"type":"session.update","session":{"type":"realtime",)"
                   R"("output_modalities":["text"]}})");
        client.say(R"({"type":"conversation.item.create","item":{"type":"message","role":"user",)"
                   R"("content":[{"type":"input_text","text":")" +
                   word + "\"}]}}");
        client.say(R"({"type":"response.create"})");
        const std::string done =
            client.link().wait_for({R"("type":"response.done")", R"("status":"completed")"});
        EXPECT_THAT(done, ::testing::HasSubstr("\"text\":\"" + word + "\""));
        client.close();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(engine.service.sessions(), 0U);
}

TEST(SessionThreads, HearsSpeechThatComesAsFastAsItCan) {
  Engine engine;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&engine] {
      Client client(engine);
      client.say(
          R"({"type":"session.update","session":{"type":"realtime",)"
          R"("output_modalities":["text"],"audio":{"input":{"transcription":{"model":"x"}}}}})");
      client.append(Millis(1000), 0.0);
      client.append(Millis(1000), 0.3);
      client.append(Millis(2000), 0.0);
      client.link().wait_for({"transcription.completed", "heard 1.5 seconds"});
      client.link().wait_for({R"("type":"response.done")", R"("status":"completed")"});
      client.close();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(SessionThreads, ClosesAtAnyMoment) {
  Engine engine;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&engine, t] {
      for (int s = 0; s < 4 * kSessionsEach; ++s) {
        Client client(engine);
        client.append(Millis(100 + 40 * (s % 7)), 0.3);
        if (s % 2 == 0) client.say(R"({"type":"response.create"})");
        client.append(Millis(20 * (t + s) % 100), 0.0);
        client.close();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(engine.service.sessions(), 0U);
}

}  // namespace
}  // namespace parley::test
