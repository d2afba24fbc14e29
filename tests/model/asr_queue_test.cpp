// SPDX-License-Identifier: Apache-2.0
#include "model/asr_queue.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "exec/thread_executor.h"
#include "model/model_host.h"

namespace parley::model {
namespace {

constexpr std::size_t kSecond = kAsrRate;  // of audio, in samples

/// Takes a tenth of its audio's time on the virtual clock, and notes whose it was.
class TimedModel final : public AsrModel {
 public:
  explicit TimedModel(ManualClock& clock) : clock_(clock) {}
  void transcribe(AsrCall& call) noexcept override {
    const auto took =
        Nanos(std::chrono::seconds(1)) * static_cast<int>(call.audio.size() / 1600) / (10 * 10);
    clock_.advance(took);
    order += call.language;
    run_time[call.owner] += took;
    call.status = {};
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 30 * kSecond; }

  std::string order;
  std::map<std::uint64_t, Nanos> run_time;

 private:
  ManualClock& clock_;
};

struct AsrQueueTest : testing::Test {
  struct Given {
    std::uint64_t owner = 0;
    bool is_partial = false;
    Nanos patience{};
    std::size_t samples = kSecond;
  };
  std::shared_ptr<AsrCall> submit(std::string name, Given given) {
    auto call = std::make_shared<AsrCall>();
    call->language = std::move(name);
    call->owner = given.owner;
    call->is_optional = given.is_partial;
    call->audio.resize(given.samples);
    call->begin({}, runtime.clock.now() + given.patience);
    is_taken = host.submit(call);
    return call;
  }
  std::shared_ptr<AsrCall> submit(std::string name) { return submit(std::move(name), Given{}); }
  void run_one() { EXPECT_TRUE(runtime.executor.run_one()); }
  std::string run() {
    runtime.run_until_idle();
    return std::exchange(model.order, {});
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  TimedModel model{runtime.clock};
  std::array<exec::Executor*, 1> executors{&runtime.executor};
  AsrModelHost host{model, {.name = "asr", .queue_max = 256}, executors, runtime.clock, metrics};
  bool is_taken = false;
};

TEST_F(AsrQueueTest, FinalsGoBeforePartialsAndRecordings) {
  submit("p", {.owner = 1, .is_partial = true});
  submit("r", {.owner = 2, .patience = std::chrono::seconds(30)});
  submit("f", {.owner = 3});
  EXPECT_EQ(run(), "fpr");
}

TEST_F(AsrQueueTest, ARecordingThatHasWaitedLongEnoughIsWantedAsAFinalIs) {
  submit("r", {.owner = 2, .patience = std::chrono::seconds(30)});
  runtime.clock.advance(std::chrono::seconds(30));
  submit("p", {.owner = 1, .is_partial = true});
  submit("f", {.owner = 3});
  EXPECT_EQ(run(), "rfp");
}

TEST_F(AsrQueueTest, OfOneOwnerTheEarliestDeadlineGoesFirst) {
  submit("c", {.patience = Millis(30)});
  submit("a", {.patience = Millis(10)});
  submit("b", {.patience = Millis(20)});
  EXPECT_EQ(run(), "abc");
}

TEST_F(AsrQueueTest, WhoBringsManyWaitsForHisOwn) {
  for (int i = 0; i < 10; ++i) submit("a", {.owner = 1});
  for (int i = 0; i < 2; ++i) submit("b", {.owner = 2});
  submit("c", {.owner = 3});
  EXPECT_EQ(run(), "abcabaaaaaaaa") << "each takes his turn, an utterance at a time";
}

TEST_F(AsrQueueTest, EqualSharesOfTheTimeNotOfTheNumber) {
  for (int i = 0; i < 30; ++i) {
    submit("a", {.owner = 1, .samples = 4 * kSecond});
    submit("b", {.owner = 2, .samples = 1 * kSecond});
  }
  for (int i = 0; i < 25; ++i) run_one();
  const double a = static_cast<double>(model.run_time[1].count());
  const double b = static_cast<double>(model.run_time[2].count());
  EXPECT_NEAR(a / b, 1.0, 0.25);
}

TEST_F(AsrQueueTest, WhoWasAwayHasSavedUpNothing) {
  for (int i = 0; i < 20; ++i) submit("a", {.owner = 1});
  for (int i = 0; i < 10; ++i) run_one();
  for (int i = 0; i < 10; ++i) submit("b", {.owner = 2});
  model.order.clear();
  for (int i = 0; i < 10; ++i) run_one();
  EXPECT_EQ(std::ranges::count(model.order, 'a'), 5) << model.order;
}

TEST_F(AsrQueueTest, RecordingsOfAnOwnerAreNotCountedAgainstWhatHeSays) {
  for (int i = 0; i < 5; ++i) {
    submit("r", {.owner = 1, .patience = std::chrono::seconds(30), .samples = 20 * kSecond});
  }
  run_one();
  submit("b", {.owner = 2});
  submit("a", {.owner = 1});
  EXPECT_EQ(run().substr(0, 3), "rba") << "but for whose time was taken last";
}

TEST_F(AsrQueueTest, ALatePartialIsDroppedAndCountedAndAFinalNever) {
  const auto partial = submit("p", {.owner = 1, .is_partial = true});
  const auto final = submit("f", {.owner = 1, .samples = 10 * kSecond});
  run_one();  // the final: a second
  EXPECT_TRUE(final->status);
  const auto fresh = submit("q", {.owner = 1, .is_partial = true});
  EXPECT_EQ(run(), "fq");
  EXPECT_EQ(partial->status.error().code, ErrorCode::deadline_exceeded);
  EXPECT_TRUE(fresh->status);
  EXPECT_NE(metrics.render().find(R"(parley_model_dropped_total{model="asr"} 1)"),
            std::string::npos);
}

TEST_F(AsrQueueTest, PartialsNeverMakeTheQueueFullForFinals) {
  for (std::size_t i = 0; i < kPartialsWaitingMax; ++i) {
    submit("p", {.owner = 1, .is_partial = true});
    EXPECT_TRUE(is_taken);
  }
  submit("p", {.owner = 1, .is_partial = true});
  EXPECT_FALSE(is_taken) << "more of one owner";
  for (std::uint64_t owner = 2; owner < 200; ++owner) {
    submit("p", {.owner = owner, .is_partial = true});
  }
  EXPECT_FALSE(is_taken) << "half of the queue is for finals";
  for (int i = 0; i < 128; ++i) {
    submit("f");
    EXPECT_TRUE(is_taken) << i;
  }
}

TEST_F(AsrQueueTest, OneThatIsCancelledWhileItWaitsLeavesItsPlace) {
  std::vector<std::shared_ptr<AsrCall>> partials;
  for (std::size_t i = 0; i < kPartialsWaitingMax; ++i) {
    partials.push_back(submit("p", {.owner = 1, .is_partial = true}));
  }
  partials[3]->cancel();
  EXPECT_EQ(partials[3]->status.error().code, ErrorCode::cancelled);
  submit("p", {.owner = 1, .is_partial = true});
  EXPECT_TRUE(is_taken);
}

TEST_F(AsrQueueTest, TheLoadIsThatOfWhatSomebodyWaitsFor) {
  EXPECT_EQ(host.load().wait, Nanos{});
  for (int i = 0; i < 40; ++i) {
    submit("f", {.samples = 10 * kSecond});
    run_one();
  }
  EXPECT_GT(host.load().busy, 0.95);
  submit("p", {.owner = 1, .is_partial = true});
  submit("r", {.owner = 1, .patience = std::chrono::seconds(30)});
  EXPECT_EQ(host.load().wait, Nanos{}) << "partials and recordings give way";
  for (int i = 0; i < 10; ++i) submit("f", {.samples = 10 * kSecond});
  EXPECT_NEAR(std::chrono::duration<double>(host.load().wait).count(), 10.0, 0.5)
      << "it has learned that a second of audio takes 0.1 s";
  runtime.clock.advance(std::chrono::seconds(60));
  EXPECT_GE(host.load().wait, std::chrono::seconds(60)) << "what was waited is known";
  EXPECT_LT(host.load().busy, 0.01);
}

/// Runs until it is stopped.
class EndlessModel final : public AsrModel, private CancelHook {
 public:
  void transcribe(AsrCall& call) noexcept override {
    call.status = {};
    if (!call.is_optional) return;
    call.set_cancel_hook(this);
    running.store(true);
    running.notify_all();
    if (!call.cancelled()) stopped.wait(false);
    call.set_cancel_hook(nullptr);
    call.status = Error{ErrorCode::cancelled, "cancelled"};
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSecond; }

  std::atomic<bool> running{false};
  std::atomic<bool> stopped{false};

 private:
  void on_cancel(Call& /*call*/) noexcept override {
    stopped.store(true);
    stopped.notify_all();
  }
};

/// Lets the test's thread wait for a call.
struct Waiting final : exec::StrandBody {
  explicit Waiting(exec::Executor& executor) : strand(exec::Strand::make(executor, *this)) {}
  ~Waiting() override { strand->close(); }
  bool run_slice() noexcept override {
    is_woken.store(true);
    is_woken.notify_all();
    return false;
  }
  std::atomic<bool> is_woken{false};
  std::shared_ptr<exec::Strand> strand;
};

TEST(AsrHost, APartialThatRunsIsStoppedForAFinal) {
  const SteadyClock clock;
  Metrics metrics;
  EndlessModel model;
  exec::ThreadExecutor thread("asr");
  exec::ThreadExecutor others("others");
  Waiting waiting(others);
  std::array<exec::Executor*, 1> executors{&thread};
  AsrModelHost host(model, {.name = "asr", .queue_max = 8}, executors, clock, metrics);
  auto partial = std::make_shared<AsrCall>();
  partial->is_optional = true;
  partial->begin({}, clock.now());
  ASSERT_TRUE(host.submit(partial));
  model.running.wait(false);
  auto final = std::make_shared<AsrCall>();
  final->begin(waiting.strand->waker(), clock.now());
  ASSERT_TRUE(host.submit(final));
  waiting.is_woken.wait(false);
  EXPECT_TRUE(final->done());
  EXPECT_TRUE(partial->done());
  EXPECT_EQ(partial->status.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace parley::model
