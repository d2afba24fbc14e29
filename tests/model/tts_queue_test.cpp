// SPDX-License-Identifier: Apache-2.0
#include "model/tts_queue.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "model/model_host.h"

namespace parley::model {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Not;

constexpr int kRate = 1000;  // a sample is a millisecond

// A voice whose steps each take a while on the virtual clock and make a part of some length; notes
// whose steps ran in which order. A text is its steps: "aaa" is three steps of the call `a`.
class TimedModel final : public TtsModel {
 public:
  explicit TimedModel(ManualClock& clock) : clock_(clock) {}
  bool synthesize(TtsCall& call) noexcept override {
    if (call.state == nullptr) call.samples_made = 0;
    clock_.advance(step);
    order.push_back(call.text.front());
    run_time[call.owner] += step;
    call.samples_made += part.count();
    const auto steps_made = static_cast<std::size_t>(call.samples_made / part.count());
    const bool has_more = steps_made < call.text.size();
    if (has_more && call.state == nullptr) call.state = std::make_unique<TtsState>();
    if (!has_more) call.state.reset();
    call.status = {};
    return has_more;
  }
  [[nodiscard]] int rate() const noexcept override { return kRate; }

  Nanos step = Millis(100);
  Millis part{1000};  // of audio
  std::string order;
  std::map<std::uint64_t, Nanos> run_time;

 private:
  ManualClock& clock_;
};

struct TtsQueueTest : testing::Test {
  struct Given {
    std::uint64_t owner = 0;
    TtsQos qos = TtsQos::interactive;
    bool stream = true;
    Nanos wanted_in{};
  };
  std::shared_ptr<TtsCall> submit(std::string steps, Given given) {
    auto call = std::make_shared<TtsCall>();
    call->text = std::move(steps);
    call->owner = given.owner;
    call->qos = given.qos;
    call->stream = given.stream;
    call->begin({}, runtime.clock.now() + given.wanted_in);
    EXPECT_TRUE(host.submit(call));
    return call;
  }
  std::shared_ptr<TtsCall> submit(std::string steps) { return submit(std::move(steps), Given{}); }
  void run_steps(int count) {
    for (int i = 0; i < count; ++i) EXPECT_TRUE(runtime.executor.run_one());
  }
  std::string run() {
    runtime.run_until_idle();
    return std::exchange(model.order, {});
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  TimedModel model{runtime.clock};
  std::array<exec::Executor*, 1> executors{&runtime.executor};
  TtsModelHost host{model, {.name = "tts", .queue_max = 256}, executors, runtime.clock, metrics};
};

TEST_F(TtsQueueTest, FirstPiecesOvertakeLaterOnes) {
  submit("aaa");
  run_steps(1);
  submit("bbb");
  submit("cc");
  EXPECT_EQ(run(), "abcabcab") << "then whose audio ends first";
}

TEST_F(TtsQueueTest, AFirstPieceWaitsForALaterOneThatIsAboutToBeLate) {
  model.part = Millis(350);
  submit("aaa");
  run_steps(1);  // heard until 450 ms; the time is 100 ms
  submit("b");
  run_steps(1);  // 200 ms: `a` would be late in 250 ms
  submit("cc");
  submit("dd");
  EXPECT_EQ(run().substr(0, 4), "abac");
}

TEST_F(TtsQueueTest, WithoutAStreamAllOfACallIsItsFirstPiece) {
  submit("aaa", {.stream = false});
  run_steps(1);
  submit("bbb", {.stream = false});
  submit("cc", {.stream = true});
  EXPECT_EQ(run(), "aaabbbcc") << "by deadline; to take turns would only make both later";
}

TEST_F(TtsQueueTest, ACallThatFollowsAnotherIsDueWhenThatOneHasBeenPlayed) {
  submit("aa", {.wanted_in = Millis(3000)});
  submit("bb", {.wanted_in = Millis(500)});
  submit("cc");
  EXPECT_EQ(run(), "cbcbaa") << "`a` is not wanted yet, though nothing of it was heard";
}

TEST_F(TtsQueueTest, InteractiveCallsGoBeforeBulkOnes) {
  submit("bbbb", {.qos = TtsQos::bulk});
  submit("aaa");
  EXPECT_EQ(run(), "abaabbb") << "what the first run earned is used at once, and then repaid";
}

TEST_F(TtsQueueTest, BulkCallsGetASixteenthOfTheTime) {
  submit(std::string(100, 'b'), {.qos = TtsQos::bulk});
  submit(std::string(320, 'a'));
  run_steps(160);
  EXPECT_EQ(std::ranges::count(model.order, 'b'), 10);
  const std::string rest = run();
  EXPECT_TRUE(rest.ends_with(std::string(70, 'b'))) << rest;
}

TEST_F(TtsQueueTest, ACallThatSomebodyHurriesIsAsUrgentFromItsNextStepOn) {
  const auto bulk = submit("bbb", {.qos = TtsQos::bulk, .stream = false});
  run_steps(1);
  submit("aa", {.wanted_in = Millis(500)});
  bulk->hurry(TtsQos::interactive, runtime.clock.now());
  EXPECT_EQ(run(), "bbbaa");
}

TEST_F(TtsQueueTest, HurryingNeverMakesACallLessUrgent) {
  const auto later = submit("a", {.wanted_in = Millis(500)});
  const auto sooner = submit("b", {.wanted_in = Millis(300)});
  later->hurry(TtsQos::bulk, Instant{Millis(200)});
  sooner->hurry(TtsQos::bulk, Instant::never());
  EXPECT_EQ(run(), "ab");
  EXPECT_EQ(sooner->urgent_qos(), TtsQos::interactive);
  EXPECT_EQ(sooner->urgent_deadline(), sooner->deadline());
}

TEST_F(TtsQueueTest, WhatBulkCallsUseOfAnIdleMachineIsNotHeldAgainstThem) {
  submit(std::string(100, 'b'), {.qos = TtsQos::bulk});
  run_steps(50);
  model.order.clear();
  submit(std::string(31, 'a'));
  run_steps(32);
  EXPECT_EQ(std::ranges::count(model.order, 'b'), 2);
}

// One owner with many calls and one with few: each gets half while both want it.
TEST_F(TtsQueueTest, OwnersShareTheTimeHoweverManyCallsTheyHave) {
  for (int i = 0; i < 50; ++i) submit("aa", {.owner = 1});
  for (int i = 0; i < 10; ++i) submit("bb", {.owner = 2});
  run_steps(40);
  EXPECT_EQ(model.run_time[1] + model.run_time[2], Millis(4000));
  EXPECT_LE(std::chrono::abs(model.run_time[1] - model.run_time[2]), 2 * kTtsFairQuantum);
}

TEST_F(TtsQueueTest, WithinAQuantumUrgencyDecides) {
  model.step = Millis(20);
  submit("a", {.owner = 1});
  run_steps(1);
  submit("a", {.owner = 1, .wanted_in = Millis(10)});
  submit("b", {.owner = 2, .wanted_in = Millis(20)});
  EXPECT_EQ(run(), "aab") << "owner 1 is ahead by 20 ms, which is nothing";
}

TEST_F(TtsQueueTest, AnOwnerThatComesBackHasSavedUpNothing) {
  submit("b", {.owner = 2});
  submit(std::string(100, 'a'), {.owner = 1, .stream = false});
  run();
  for (int i = 0; i < 10; ++i) submit("aaaa", {.owner = 1});
  for (int i = 0; i < 10; ++i) submit("bbbb", {.owner = 2});
  run_steps(40);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(model.order, 'b')), 20, 4);
}

TEST_F(TtsQueueTest, AudioThatIsFarAheadWaitsEvenWhereItsOwnerIsBehind) {
  submit("aaaa", {.owner = 1});
  run_steps(1);
  for (int i = 0; i < 3; ++i) submit("b", {.owner = 2, .wanted_in = Millis(i)});
  EXPECT_EQ(run(), "abbbaaa");
}

// 40 streams on a machine that makes ten times real time, each of 5 s: no gap in any, and each
// first part comes as soon as it can.
TEST_F(TtsQueueTest, NobodyIsLateWhileTheMachineKeepsUp) {
  struct Stream {
    std::shared_ptr<TtsCall> call;
    Instant submitted;
    Instant played_until = Instant::never();
    std::int64_t samples = 0;
  };
  std::vector<Stream> streams;
  std::vector<double> first_ms;
  std::vector<double> gap_ms;
  const auto look = [&](Stream& stream) {
    const std::int64_t made = stream.call->samples_made;
    if (made == stream.samples) return;
    const Instant now = runtime.clock.now();
    if (stream.samples == 0) {
      first_ms.push_back(std::chrono::duration<double, std::milli>(now - stream.submitted).count());
      stream.played_until = now;
    } else if (now > stream.played_until) {
      gap_ms.push_back(
          std::chrono::duration<double, std::milli>(now - stream.played_until).count());
      stream.played_until = now;
    }
    stream.played_until = stream.played_until + Millis(made - stream.samples);
    stream.samples = made;
  };
  constexpr Nanos kBetween = Millis(560);  // a new stream; 500 ms of run time each: nine tenths
  for (Instant next; streams.size() < 40;) {
    if (runtime.clock.now() >= next) {
      streams.push_back({submit("aaaaa"), runtime.clock.now()});
      next = next + kBetween;
    } else if (!runtime.executor.run_one()) {
      runtime.clock.advance_to(next);
    }
    for (Stream& stream : streams) look(stream);
  }
  while (runtime.executor.run_one()) {
    for (Stream& stream : streams) look(stream);
  }
  EXPECT_THAT(gap_ms, ElementsAre());
  EXPECT_EQ(first_ms.size(), 40U);
  EXPECT_THAT(first_ms, Each(testing::Le(200.0))) << "at most one step of another before it";
}

TEST_F(TtsQueueTest, LearnsWhatItTakesAndTellsHowLongTheWaitIs) {
  EXPECT_EQ(host.backlog(), Nanos{});
  submit(std::string(9, 'a'), {.stream = false});
  EXPECT_EQ(host.backlog(), Millis(50)) << "5 ms a character, before anything is known";
  for (int i = 0; i < 60; ++i) {
    submit(std::string(9, 'a'), {.stream = false});  // 900 ms, ten times the weight of nothing
    run();
  }
  submit(std::string(9, 'a'), {.stream = false});
  submit(std::string(19, 'a'), {.stream = false});
  EXPECT_NEAR(static_cast<double>(host.backlog().count()) / 1e6, 2700.0, 10.0);
  run_steps(5);
  EXPECT_NEAR(static_cast<double>(host.backlog().count()) / 1e6, 2200.0, 10.0);
  run();
  EXPECT_EQ(host.backlog(), Nanos{});
}

// What is being played needs the worker, too, and goes first once it is about to be late: what was
// thought of a wait is then less than it was.
TEST_F(TtsQueueTest, LearnsHowMuchLongerThanThoughtWaitsAre) {
  const auto backlog_ms = [&] { return static_cast<double>(host.backlog().count()) / 1e6; };
  submit(std::string(60, 'a'));
  run();  // a step takes 100 ms
  const auto probe = [&] {
    submit(std::string(5, 'b'));
    const double thought = backlog_ms();
    run();
    return thought;
  };
  EXPECT_LT(probe(), 110.0);
  model.part = Millis(150);
  for (int round = 0; round < 30; ++round) {
    // Ten that begin at once: each has to be spoken on while the next ones wait.
    for (int i = 0; i < 10; ++i) submit(std::string(20, 'a'));
    run();
  }
  EXPECT_GT(probe(), 150.0);
  model.part = Millis(1000);
  for (int round = 0; round < 60; ++round) {
    submit("a", {.stream = false});
    submit("a", {.stream = false});
    run();
  }
  EXPECT_LT(probe(), 150.0) << "and forgets it";
}

TEST_F(TtsQueueTest, ACallWithoutADeadlineWaitsForAllOthers) {
  auto call = std::make_shared<TtsCall>();
  call->text = "aaa";
  call->stream = true;
  call->begin({}, Instant::never());
  ASSERT_TRUE(host.submit(call));
  run_steps(1);
  submit("bb", {.wanted_in = Millis(60'000)});
  EXPECT_EQ(run(), "abbaa");
}

TEST_F(TtsQueueTest, WhatHasTimeKeepsNobodyWaiting) {
  const auto backlog_ms = [&] { return static_cast<double>(host.backlog().count()) / 1e6; };
  submit(std::string(60, 'a'));
  run();  // learns that a step takes 100 ms
  submit(std::string(100, 'a'));
  EXPECT_NEAR(backlog_ms(), 100.0, 1.0) << "until its first piece is there";
  run_steps(1);
  EXPECT_EQ(backlog_ms(), 0.0) << "it is a second ahead of its playing";
  submit("b", {.wanted_in = Millis(5000)});
  EXPECT_EQ(backlog_ms(), 0.0);
  runtime.clock.advance(Millis(800));
  EXPECT_NEAR(backlog_ms(), 100.0, 1.0) << "now it is about to be late";
}

TEST_F(TtsQueueTest, WhoWillNotWaitSoLongIsToldAtOnce) {
  const auto impatient = [&](Nanos backlog_max) {
    auto call = std::make_shared<TtsCall>();
    call->text = "bb";
    call->backlog_max = backlog_max;
    call->begin({}, runtime.clock.now());
    EXPECT_TRUE(host.submit(call));
    return call;
  };
  submit(std::string(9, 'a'), {.stream = false});  // 50 ms of run time, as is thought
  const auto refused = impatient(Millis(49));
  ASSERT_TRUE(refused->done());
  EXPECT_EQ(refused->status.error().code, ErrorCode::resource_exhausted);
  const auto taken = impatient(Millis(50));
  EXPECT_FALSE(taken->done());
  run();
  EXPECT_TRUE(taken->done() && taken->status);
}

TEST(TtsQueue, TwoWorkersNeedHalfTheTimeForWhatWaits) {
  TtsQueue queue(4, 2, kRate);
  auto call = std::make_shared<TtsCall>();
  call->text = std::string(9, 'a');
  call->begin({}, Instant{});
  ASSERT_TRUE(queue.push(call, Instant{}));
  EXPECT_EQ(queue.backlog(Instant{}), Millis(25));
}

// More owners than there are rows for: those that have nothing to do are forgotten.
TEST_F(TtsQueueTest, ForgetsOwnersThatAreIdle) {
  for (std::uint64_t owner = 1; owner <= 2000; ++owner) {
    submit("a", {.owner = owner});
    run();
  }
  submit("b", {.owner = 2000});
  submit("a", {.owner = 1});
  EXPECT_THAT(run(), testing::SizeIs(2));
}

}  // namespace
}  // namespace parley::model
