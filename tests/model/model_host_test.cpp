// SPDX-License-Identifier: Apache-2.0
#include "model/model_host.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "exec/thread_executor.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_vad.h"
#include "model/host_metrics.h"
#include "tests/model/support.h"

namespace parley::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Notes the sizes of the batches, and which calls were in them by their first sample.
struct RecordingVad final : VadModel {
  void infer(std::span<VadCall* const> batch) noexcept override {
    batches.push_back(batch.size());
    for (VadCall* call : batch) {
      order.push_back(call->window[0]);
      call->status = {};
    }
  }
  std::vector<std::size_t> batches;
  std::vector<float> order;
};

std::shared_ptr<VadCall> vad_call(exec::Waker waker, Instant deadline, float mark) {
  auto call = std::make_shared<VadCall>();
  call->window[0] = mark;
  call->begin(std::move(waker), deadline);
  return call;
}

struct ModelHostTest : testing::Test {
  exec::ManualRuntime runtime;
  Metrics metrics;
  Sleeper session{runtime.executor};
  int submitted = 0;
};

TEST_F(ModelHostTest, BatchesWhatWaitsEarliestDeadlineFirst) {
  RecordingVad model;
  VadModelHost host(model, {.name = "vad", .queue_max = 8, .batch_max = 4}, runtime.executor,
                    runtime.clock, metrics);
  std::vector<std::shared_ptr<VadCall>> calls;
  for (int i = 0; i < 6; ++i) {
    calls.push_back(vad_call(session.waker(), Instant{Millis(60 - i)}, static_cast<float>(i)));
    ASSERT_TRUE(host.submit(calls.back()));
  }
  runtime.executor.run_until_idle();
  EXPECT_THAT(model.batches, ElementsAre(4, 2));
  EXPECT_THAT(model.order, ElementsAre(5, 4, 3, 2, 1, 0));
  for (const auto& call : calls) EXPECT_TRUE(call->done());
  EXPECT_GE(session.wakes, 1);
}

TEST_F(ModelHostTest, ABatchClosesWhenItIsFullOrItsOldestCallIsDue) {
  RecordingVad model;
  VadModelHost host(model,
                    {.name = "vad",
                     .queue_max = 8,
                     .batch_max = 3,
                     .batch_delay_max = Millis(10),
                     .timers = &runtime.timers},
                    runtime.executor, runtime.clock, metrics);
  const auto submit = [&] {
    // The deadline's order is not that of arrival.
    const Instant deadline = runtime.clock.now() + Millis(100 - 2 * ++submitted);
    return host.submit(vad_call(session.waker(), deadline, 1.0F));
  };
  ASSERT_TRUE(submit());
  runtime.run_for(Millis(6));
  ASSERT_TRUE(submit());
  runtime.run_for(Millis(3));
  EXPECT_THAT(model.batches, ElementsAre());
  runtime.run_for(Millis(1));
  EXPECT_THAT(model.batches, ElementsAre(2)) << "the oldest has waited 10 ms";
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(submit());
  runtime.executor.run_until_idle();
  EXPECT_THAT(model.batches, ElementsAre(2, 3)) << "full: at once";
  runtime.run_for(Millis(9));
  EXPECT_THAT(model.batches, ElementsAre(2, 3));
  runtime.run_for(Millis(1));
  EXPECT_THAT(model.batches, ElementsAre(2, 3, 1));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_batch_calls_sum{model=\"vad\"} 6"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_wait_seconds_count{model=\"vad\"} 6"));
  // One that waits, and is then cancelled, leaves a timer that finds nothing.
  auto call = vad_call(session.waker(), Instant::never(), 1.0F);
  ASSERT_TRUE(host.submit(call));
  runtime.executor.run_until_idle();
  call->cancel();
  runtime.run_for(Millis(20));
  EXPECT_EQ(model.batches.size(), 3U);
}

TEST_F(ModelHostTest, ASecondThreadJoinsOnceAWholeBatchWaits) {
  RecordingVad model;
  exec::ManualRuntime other;
  const std::array<exec::Executor*, 2> executors{&runtime.executor, &other.executor};
  VadModelHost host(model, {.name = "vad", .queue_max = 8, .batch_max = 4}, executors,
                    runtime.clock, metrics);
  const auto submit = [&] {
    return host.submit(vad_call(session.waker(), Instant::never(), 1.0F));
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(submit());
  other.executor.run_until_idle();
  EXPECT_THAT(model.batches, ElementsAre()) << "three are left to the first thread";
  ASSERT_TRUE(submit());
  other.executor.run_until_idle();
  EXPECT_THAT(model.batches, ElementsAre(4));
  runtime.executor.run_until_idle();
  ASSERT_TRUE(submit());
  runtime.executor.run_until_idle();
  EXPECT_THAT(model.batches, ElementsAre(4, 1)) << "and it is there for the next";
}

TEST_F(ModelHostTest, NeverExceedsTheModelsOwnBatch) {
  FakeVadModel model(0.01F, 2);
  VadModelHost host(model, {.name = "vad", .queue_max = 8, .batch_max = 16}, runtime.executor,
                    runtime.clock, metrics);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(host.submit(vad_call(session.waker(), Instant::never(), 1.0F)));
  }
  runtime.executor.run_until_idle();
  EXPECT_THAT(metrics.render(),
              HasSubstr("parley_model_batch_calls_bucket{model=\"vad\",le=\"2\"} 2"));
}

TEST_F(ModelHostTest, RefusesWhenTheQueueIsFullAndCounts) {
  RecordingVad model;
  VadModelHost host(model, {.name = "vad", .queue_max = 2, .batch_max = 4}, runtime.executor,
                    runtime.clock, metrics);
  EXPECT_TRUE(host.submit(vad_call(session.waker(), Instant::never(), 0)));
  EXPECT_TRUE(host.submit(vad_call(session.waker(), Instant::never(), 1)));
  EXPECT_FALSE(host.submit(vad_call(session.waker(), Instant::never(), 2)));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_refused_total{model=\"vad\"} 1"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_queue_depth{model=\"vad\"} 2"));
  runtime.executor.run_until_idle();
  EXPECT_TRUE(host.submit(vad_call(session.waker(), Instant::never(), 3)));
  runtime.executor.run_until_idle();
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_queue_depth{model=\"vad\"} 0"));
}

TEST_F(ModelHostTest, FinishesAWaitingCallAtOnceWhenItIsCancelled) {
  RecordingVad model;
  VadModelHost host(model, {.name = "vad", .queue_max = 4, .batch_max = 4}, runtime.executor,
                    runtime.clock, metrics);
  auto kept = vad_call(session.waker(), Instant::never(), 0);
  auto cancelled = vad_call(session.waker(), Instant::never(), 1);
  ASSERT_TRUE(host.submit(kept));
  ASSERT_TRUE(host.submit(cancelled));
  cancelled->cancel();
  EXPECT_TRUE(cancelled->done());
  ASSERT_FALSE(cancelled->status);
  EXPECT_EQ(cancelled->status.error().code, ErrorCode::cancelled);
  runtime.executor.run_until_idle();
  EXPECT_THAT(model.order, ElementsAre(0));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_cancelled_total{model=\"vad\"} 1"));
}

TEST_F(ModelHostTest, MeasuresWaitAndBatch) {
  RecordingVad model;
  VadModelHost host(model, {.name = "vad", .queue_max = 4, .batch_max = 4}, runtime.executor,
                    runtime.clock, metrics);
  ASSERT_TRUE(host.submit(vad_call(session.waker(), Instant::never(), 0)));
  runtime.clock.advance(Millis(250));
  runtime.executor.run_until_idle();
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_wait_seconds_sum{model=\"vad\"} 0.25"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_batch_calls_count{model=\"vad\"} 1"));
}

TEST_F(ModelHostTest, CountsFailures) {
  FakeAsrModel model({}, 10);
  AsrModelHost host(model, {.name = "asr", .queue_max = 4},
                    std::array<exec::Executor*, 1>{&runtime.executor}, runtime.clock, metrics);
  EXPECT_EQ(host.samples_max(), 10U);
  auto call = std::make_shared<AsrCall>();
  call->audio.resize(11);
  call->begin(session.waker(), Instant::never());
  ASSERT_TRUE(host.submit(call));
  runtime.executor.run_until_idle();
  ASSERT_TRUE(call->done());
  EXPECT_FALSE(call->status);
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_failed_total{model=\"asr\"} 1"));
}

TEST_F(ModelHostTest, FailsWhatWaitsWhenItGoes) {
  RecordingVad model;
  auto call = vad_call(session.waker(), Instant::never(), 0);
  {
    VadModelHost host(model, {.name = "vad", .queue_max = 4, .batch_max = 4}, runtime.executor,
                      runtime.clock, metrics);
    ASSERT_TRUE(host.submit(call));
  }
  ASSERT_TRUE(call->done());
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
  call->cancel();  // the host is gone: nobody is told
}

TEST_F(ModelHostTest, ServesACallAgainAfterItIsDone) {
  FakeTtsModel model;
  TtsModelHost host(model, {.name = "tts", .queue_max = 4},
                    std::array<exec::Executor*, 1>{&runtime.executor}, runtime.clock, metrics);
  EXPECT_EQ(host.rate(), 22'050);
  auto call = std::make_shared<TtsCall>();
  for (const char* text : {"one", "three"}) {
    call->text = text;
    call->begin(session.waker(), Instant::never());
    ASSERT_TRUE(host.submit(call));
    runtime.executor.run_until_idle();
    ASSERT_TRUE(call->done());
    EXPECT_TRUE(call->status);
  }
  EXPECT_EQ(call->audio.floats().size(), 5U * 60 * 22'050 / 1000);
}

struct StreamingTest : ModelHostTest {
  std::shared_ptr<TtsCall> call(std::string text, bool stream = true) {
    auto made = std::make_shared<TtsCall>();
    made->text = std::move(text);
    made->stream = stream;
    made->begin(session.waker(), runtime.clock.now());
    return made;
  }
  FakeTtsModel model{1000};  // a part is 400 samples
  std::array<exec::Executor*, 1> executors{&runtime.executor};
  TtsModelHost host{model, {.name = "tts", .queue_max = 2}, executors, runtime.clock, metrics};
};

TEST_F(StreamingTest, PartsComeStepByStepAndWordsBeforeThem) {
  const auto streamed = call("twenty characters ok");
  ASSERT_TRUE(host.submit(streamed));
  std::vector<std::size_t> parts;
  std::vector<float> audio;
  while (!streamed->done()) {
    ASSERT_TRUE(runtime.executor.run_one());
    while (std::optional<media::BufferRef> part = streamed->parts.try_pop()) {
      EXPECT_EQ(streamed->words.size(), 3U);
      EXPECT_EQ(streamed->phonemes.size(), 3U);
      EXPECT_EQ(streamed->samples_expected, 1200);
      parts.push_back(part->floats().size());
      audio.insert(audio.end(), part->floats().begin(), part->floats().end());
    }
  }
  EXPECT_TRUE(streamed->status);
  EXPECT_THAT(parts, ElementsAre(400, 400, 400));
  EXPECT_TRUE(streamed->audio.empty());
  EXPECT_EQ(streamed->state, nullptr);

  const auto whole = call("twenty characters ok", false);
  ASSERT_TRUE(host.submit(whole));
  runtime.executor.run_until_idle();
  EXPECT_THAT(audio, testing::ElementsAreArray(whole->audio.floats()));
  EXPECT_EQ(whole->parts.size(), 0U);
}

TEST_F(StreamingTest, ALongCallHasNoMorePartsThanTheRingHolds) {
  const auto streamed = call(std::string(1000, 'a'));
  ASSERT_TRUE(host.submit(streamed));
  runtime.executor.run_until_idle();
  ASSERT_TRUE(streamed->done());
  std::size_t samples = 0;
  while (auto part = streamed->parts.try_pop()) samples += part->floats().size();
  EXPECT_EQ(samples, 60'000U);
}

TEST_F(StreamingTest, AStepThatIsPutBackIsNeverRefused) {
  const std::array calls{call("twenty characters ok"), call("twenty characters ok"),
                         call("twenty characters ok")};
  ASSERT_TRUE(host.submit(calls[0]));
  ASSERT_TRUE(runtime.executor.run_one());  // its first step
  ASSERT_TRUE(host.submit(calls[1]));
  EXPECT_FALSE(host.submit(calls[2])) << "what is begun counts";
  runtime.executor.run_until_idle();
  EXPECT_TRUE(calls[0]->done() && calls[0]->status);
  EXPECT_TRUE(calls[1]->done() && calls[1]->status);
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_queue_depth{model=\"tts\"} 0"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_wait_seconds_count{model=\"tts\"} 2"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_run_seconds_count{model=\"tts\"} 6"));
}

TEST_F(StreamingTest, ACancelBetweenTwoStepsEndsTheCallAtOnce) {
  const auto streamed = call("twenty characters ok");
  ASSERT_TRUE(host.submit(streamed));
  ASSERT_TRUE(runtime.executor.run_one());
  ASSERT_NE(streamed->state, nullptr);
  streamed->cancel();
  EXPECT_TRUE(streamed->done());
  EXPECT_EQ(streamed->state, nullptr);
  ASSERT_FALSE(streamed->status);
  EXPECT_EQ(streamed->status.error().code, ErrorCode::cancelled);
  runtime.executor.run_until_idle();
  EXPECT_THAT(metrics.render(), HasSubstr("parley_model_cancelled_total{model=\"tts\"} 1"));
}

// Holds each call until as many are inside as there are workers.
struct MeetingAsr final : AsrModel {
  explicit MeetingAsr(int how_many) : expected(how_many) {}
  void transcribe(AsrCall& call) noexcept override {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return inside >= expected; });
    call.status = {};
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 1; }
  const int expected;
  int inside = 0;
  std::mutex mutex;
  std::condition_variable changed;
};

TEST(ModelHostThreads, RunsOneCallPerExecutorAtTheSameTime) {
  SteadyClock clock;
  Metrics metrics;
  MeetingAsr model(3);
  exec::ThreadExecutor a("asr-0");
  exec::ThreadExecutor b("asr-1");
  exec::ThreadExecutor c("asr-2");
  std::vector<std::shared_ptr<AsrCall>> calls;
  {
    AsrModelHost host(model, {.name = "asr", .queue_max = 4},
                      std::array<exec::Executor*, 3>{&a, &b, &c}, clock, metrics);
    for (int i = 0; i < 3; ++i) {
      calls.push_back(std::make_shared<AsrCall>());
      calls.back()->begin({}, Instant::never());
      ASSERT_TRUE(host.submit(calls.back()));
    }
    std::unique_lock lock(model.mutex);
    model.changed.wait(lock, [&] { return model.inside == 3; });
  }
  for (const auto& call : calls) EXPECT_TRUE(call->done());
}

TEST(ModelHostThreads, EveryCallIsDoneWhateverIsCancelled) {
  constexpr int kCallers = 4;
  constexpr int kRounds = 500;
  SteadyClock clock;
  Metrics metrics;
  FakeVadModel model;
  exec::ThreadExecutor executor("vad");
  VadModelHost host(model, {.name = "vad", .queue_max = 64, .batch_max = 8}, executor, clock,
                    metrics);
  std::atomic<int> done = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      const auto call = std::make_shared<VadCall>();
      for (int round = 0; round < kRounds; ++round) {
        call->begin({}, clock.now());
        if (!host.submit(call)) continue;
        if ((round + caller) % 3 == 0) call->cancel();
        while (!call->done()) std::this_thread::yield();
        ++done;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(done.load(), kCallers * kRounds);
}

// Steps of a call run now on one thread, now on the other, and cancels come at any moment: between
// two steps, within one, or while the call is put back.
TEST(ModelHostThreads, EveryStreamIsDoneWhateverIsCancelled) {
  constexpr int kCallers = 3;
  constexpr int kRounds = 300;
  SteadyClock clock;
  Metrics metrics;
  FakeTtsModel model(1000);
  exec::ThreadExecutor a("tts-0");
  exec::ThreadExecutor b("tts-1");
  TtsModelHost host(model, {.name = "tts", .queue_max = 64}, std::array<exec::Executor*, 2>{&a, &b},
                    clock, metrics);
  std::atomic<int> done = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int round = 0; round < kRounds; ++round) {
        const auto call = std::make_shared<TtsCall>();
        call->text = std::string(60, 'a');  // nine parts
        call->stream = true;
        call->owner = static_cast<std::uint64_t>(caller);
        call->begin({}, clock.now());
        if (!host.submit(call)) continue;
        const int cancel_after = (round + caller) % 3 == 0 ? round % 10 : -1;
        int parts = 0;
        std::size_t samples = 0;
        for (bool is_done = false; !is_done;) {
          is_done = call->done();
          if (parts == cancel_after) call->cancel();
          while (const std::optional<media::BufferRef> part = call->parts.try_pop()) {
            samples += part->floats().size();
            ++parts;
          }
          std::this_thread::yield();
        }
        if (call->state != nullptr || (call->status && samples != 3600)) ++wrong;
        ++done;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(done.load(), kCallers * kRounds);
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(host.backlog(), Nanos{});
}

}  // namespace
}  // namespace parley::model
