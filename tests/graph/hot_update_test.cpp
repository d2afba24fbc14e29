// SPDX-License-Identifier: Apache-2.0
#include "graph/hot_update.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/timer_thread.h"
#include "exec/worker_pool.h"
#include "tests/graph/operators.h"
#include "tests/support/operator_harness.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using parley::test::OperatorHarness;
using test::event;
using ::testing::ElementsAre;

/// Counts what passes and holds back the newest event: state that an update has to carry over.
class Counting : public Operator {
 public:
  struct Life {
    std::atomic<int> opened{0};
    std::atomic<int> closed{0};
    std::atomic<int> destroyed{0};
  };
  explicit Counting(Life& life) : life_(life) {}
  ~Counting() override { ++life_.destroyed; }

  Status open(ProcessContext& context) override {
    ++life_.opened;
    (void)context.now();
    return {};
  }
  Status adopt(Operator& predecessor) override {
    auto& old = static_cast<Counting&>(predecessor);
    passed_ = old.passed_;
    held_ = old.held_;
    is_holding_ = std::exchange(old.is_holding_, false);
    return {};
  }
  Result<Progress> process(ProcessContext& /*context*/) override {
    while (!in.empty()) {
      if (!out.has_room()) return Progress::blocked;
      SpeechEvent next = in.pop();
      if (is_holding_) {
        held_.head.pts = {static_cast<std::int64_t>(++passed_)};  // the sample counter
        out.push(std::move(held_));
      }
      held_ = std::move(next);
      is_holding_ = true;
    }
    return Progress::need_input;
  }
  void close() noexcept override { ++life_.closed; }
  void on_turn(media::Turn now) noexcept override { turn = now; }

  media::Turn turn;
  In<SpeechEvent> in{*this, "in"};
  Out<SpeechEvent> out{*this, "out"};

 private:
  Life& life_;
  std::uint64_t passed_ = 0;
  SpeechEvent held_;
  bool is_holding_ = false;
};

class HotUpdateTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(harness.open()); }
  void feed(std::uint64_t number) { harness.feed("in", event(number)); }
  std::vector<std::uint64_t> read() {
    std::vector<std::uint64_t> numbers;
    for (const SpeechEvent& out : harness.read<SpeechEvent>("out")) {
      numbers.push_back(out.head.sequence);
    }
    return numbers;
  }
  std::shared_ptr<Update> update(std::unique_ptr<Operator> op) {
    Result<std::shared_ptr<Update>> asked = harness.pipeline().update("op", std::move(op));
    EXPECT_TRUE(asked) << asked.error().message;
    return asked ? *asked : nullptr;
  }
  Pipeline& pipeline() { return harness.pipeline(); }

  Counting::Life life;
  OperatorHarness harness{std::make_unique<Counting>(life)};
};

TEST_F(HotUpdateTest, TakesTheStateTheQueuesAndTheConsumers) {
  for (std::uint64_t i = 1; i <= 3; ++i) feed(i);
  harness.run();
  EXPECT_THAT(read(), ElementsAre(1, 2));  // 3 is held
  feed(4);                                 // waits in the queue
  auto next = std::make_unique<Counting>(life);
  Counting* const in_place = next.get();
  const auto asked = update(std::move(next));
  EXPECT_EQ(asked->state(), Update::State::waiting);
  EXPECT_EQ(life.opened, 2);
  EXPECT_NE(pipeline().find("op"), in_place);
  harness.run();
  EXPECT_EQ(asked->state(), Update::State::done);
  EXPECT_EQ(pipeline().find("op"), in_place);
  feed(5);
  harness.run();
  EXPECT_THAT(read(), ElementsAre(3, 4));
  EXPECT_EQ(in_place->in.counters().frames, 5U);  // its place's, not its own
  EXPECT_EQ(pipeline().counters().updates, 1U);
}

TEST_F(HotUpdateTest, FreesTheOldOneWhereSomebodyWaitsOrCollects) {
  auto asked = update(std::make_unique<Counting>(life));
  harness.run();
  EXPECT_EQ(life.destroyed, 0);  // not by the strand
  EXPECT_EQ(life.closed, 0);
  EXPECT_TRUE(asked->wait());
  EXPECT_EQ(life.closed, 1);
  EXPECT_EQ(life.destroyed, 1);
  asked = update(std::make_unique<Counting>(life));
  harness.run();
  EXPECT_EQ(life.destroyed, 1);
  pipeline().collect();
  EXPECT_EQ(life.destroyed, 2);
}

TEST_F(HotUpdateTest, SeveralAtOnceComeInOrder) {
  auto last = std::make_unique<Counting>(life);
  Operator* const in_place = last.get();
  update(std::make_unique<Counting>(life));
  update(std::make_unique<Counting>(life));
  update(std::move(last));
  harness.run();
  EXPECT_EQ(pipeline().find("op"), in_place);
  pipeline().collect();
  EXPECT_EQ(life.destroyed, 3);
}

TEST_F(HotUpdateTest, TellsTheNewOneOfATurnThatItMissed) {
  auto next = std::make_unique<Counting>(life);
  Counting& in_place = *next;
  const auto asked = update(std::move(next));
  pipeline().set_turn(media::Turn(7));
  harness.run();
  EXPECT_EQ(in_place.turn, media::Turn(7));
}

TEST_F(HotUpdateTest, NamesTheDifferenceOfThePorts) {
  class Other final : public Operator {
   public:
    Result<Progress> process(ProcessContext&) override { return Progress::finished; }
    In<SpeechEvent> in{*this, "in"};
    Out<media::TurnEvent> out{*this, "out"};
  };
  const auto refused = pipeline().update("op", std::make_unique<Other>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "node 'op': the new operator lacks output 'out' (SpeechEvent) and has output 'out' "
            "(TurnEvent), which the running one has not");
  class Turned final : public Operator {
   public:
    Result<Progress> process(ProcessContext&) override { return Progress::finished; }
    Out<SpeechEvent> early{*this, "a"};
    Out<SpeechEvent> late{*this, "b"};
  };
  class Straight final : public Operator {
   public:
    Result<Progress> process(ProcessContext&) override { return Progress::finished; }
    Out<SpeechEvent> late{*this, "b"};
    Out<SpeechEvent> early{*this, "a"};
  };
  OperatorHarness ordered(std::make_unique<Straight>());
  ASSERT_TRUE(ordered.open());
  EXPECT_EQ(ordered.pipeline().update("op", std::make_unique<Turned>()).error().message,
            "node 'op': the new operator declares the same ports in another order");
  const auto nobody = pipeline().update("po", std::make_unique<Counting>(life));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().message, "there is no node 'po'; nodes: op");
}

TEST_F(HotUpdateTest, AnOpenThatFailsOrThrowsChangesNothing) {
  class Throws final : public Counting {
   public:
    using Counting::Counting;
    Status open(ProcessContext&) override { throw std::runtime_error("no model"); }
  };
  const auto refused = pipeline().update("op", std::make_unique<Throws>(life));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "node 'op': threw: no model");
  const auto failed = pipeline().update(
      "op", std::make_unique<test::Relay>(test::Relay::Options{.opens_that_fail = 1}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "node 'op': cannot open");
}

TEST_F(HotUpdateTest, AnAdoptThatFailsLeavesTheOldOneInPlace) {
  class Picky final : public Counting {
   public:
    using Counting::Counting;
    Status adopt(Operator&) override {
      return Error{.code = ErrorCode::failed_precondition, .message = "another kind of state"};
    }
  };
  Operator* const in_place = pipeline().find("op");
  const auto asked = update(std::make_unique<Picky>(life));
  feed(1);
  feed(2);
  harness.run();
  EXPECT_EQ(pipeline().find("op"), in_place);
  EXPECT_THAT(read(), ElementsAre(1));
  const Status went = asked->wait();
  ASSERT_FALSE(went);
  EXPECT_EQ(went.error().message, "node 'op': another kind of state");
  EXPECT_EQ(life.destroyed, 1);
  EXPECT_EQ(pipeline().counters().updates_refused, 1U);
}

TEST_F(HotUpdateTest, AnAdoptThatTouchesPortsIsRefused) {
  class Greedy final : public Counting {
   public:
    using Counting::Counting;
    Status adopt(Operator&) override {
      (void)in.pop();
      return {};
    }
  };
  const auto asked = update(std::make_unique<Greedy>(life));
  harness.run();
  EXPECT_EQ(asked->wait().error().message,
            "node 'op': popped from 'op.in', which was empty: ask empty() first");
}

TEST(HotUpdate, AFinishedNodeOrAFailedPipelineRefuses) {
  class Ends final : public Operator {
   public:
    explicit Ends(bool fails) : fails_(fails) {}
    Result<Progress> process(ProcessContext&) override {
      if (fails_) return Error{.code = ErrorCode::internal, .message = "no more"};
      return Progress::finished;
    }

   private:
    const bool fails_;
  };
  for (const bool fails : {false, true}) {
    OperatorHarness harness(std::make_unique<Ends>(fails));
    ASSERT_TRUE(harness.open());
    harness.run();
    const auto asked = harness.pipeline().update("op", std::make_unique<Ends>(false));
    ASSERT_TRUE(asked);
    harness.run();
    EXPECT_EQ((*asked)->wait().error().message,
              fails ? "node 'op': the pipeline has failed" : "node 'op': it has finished");
  }
}

TEST_F(HotUpdateTest, AClosedPipelineRefuses) {
  const auto before = update(std::make_unique<Counting>(life));
  harness.close();
  const auto after = update(std::make_unique<Counting>(life));
  EXPECT_EQ(before->wait().error().message, "the pipeline was closed");
  EXPECT_EQ(after->wait().error().message, "the pipeline was closed");
  EXPECT_EQ(life.closed, 3);
}

TEST(HotUpdate, HealsAnOperatorThatWaitsToBeRestarted) {
  OperatorHarness harness(std::make_unique<test::Relay>(
                              test::Relay::Options{.fails_on = {1}, .pops_before_failing = false}),
                          {.node = {.on_error = ErrorPolicy::restart}});
  ASSERT_TRUE(harness.open());
  harness.feed("in", event(1));
  harness.run();  // failed twice by now, and waits
  EXPECT_TRUE(harness.read<SpeechEvent>("out").empty());
  const auto asked = *harness.pipeline().update("op", std::make_unique<test::Relay>());
  harness.run();
  EXPECT_TRUE(asked->wait());
  EXPECT_EQ(harness.read<SpeechEvent>("out").size(), 1U);
}

/// A pipeline on a worker pool: feeds itself, checks what comes out.
class Load final : public exec::StrandBody {
 public:
  Load(exec::Executor& pool, const Clock& clock, exec::TimerService& timers)
      : strand_(exec::Strand::make(pool, *this)) {
    GraphSpec spec;
    spec.add("first", std::make_unique<Counting>(life)).add("op", std::make_unique<Counting>(life));
    spec.connect("first.out", "op.in");
    spec.inlet<SpeechEvent>("in", "first.in").outlet<SpeechEvent>("out", "op.out");
    pipeline_ = *Pipeline::open(*Plan::compile(std::move(spec)),
                                {clock, timers, strand_->waker(), metrics_});
    strand_->wake();
  }
  ~Load() override { strand_->close(); }
  Pipeline& pipeline() { return *pipeline_; }
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  void stop() { stopping_ = true; }

  Counting::Life life;
  std::atomic<std::uint64_t> wrong{0};

 private:
  bool run_slice() noexcept override {
    for (int i = 0; i < 5; ++i) {
      if (!pipeline_->inlet<SpeechEvent>("in").push(event(fed_ + 1))) break;
      ++fed_;
    }
    pipeline_->run(7);  // stops in the middle, with frames in every queue
    Outlet<SpeechEvent>& out = pipeline_->outlet<SpeechEvent>("out");
    while (!out.empty()) {
      const SpeechEvent got = out.pop();
      ++seen_;
      // Both numbers: what was fed, and what the operators counted across all updates.
      if (got.head.sequence != seen_ || got.head.pts.flicks != static_cast<std::int64_t>(seen_)) {
        ++wrong;
      }
    }
    return !stopping_;
  }

  Metrics metrics_;
  std::shared_ptr<exec::Strand> strand_;
  std::unique_ptr<Pipeline> pipeline_;
  std::uint64_t fed_ = 0;
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<bool> stopping_{false};
};

TEST(HotUpdate, AThousandReplacementsUnderLoadLoseAndDoubleNothing) {
  constexpr int kUpdates = 1000;
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  exec::WorkerPool pool({.workers = 2});
  Load load(pool, clock, timers);
  Load beside(pool, clock, timers);  // its strand is stolen to and fro with the other
  for (int i = 0; i < kUpdates; ++i) {
    const auto asked =
        load.pipeline().update(i % 2 == 0 ? "op" : "first", std::make_unique<Counting>(load.life));
    ASSERT_TRUE(asked) << asked.error().message;
    ASSERT_TRUE((*asked)->wait());
    ASSERT_EQ(load.life.destroyed, i + 1);  // freed here, by this thread
  }
  load.stop();
  beside.stop();
  EXPECT_GT(load.seen(), 100U);
  EXPECT_EQ(load.wrong, 0U);
  EXPECT_EQ(beside.wrong, 0U);
}

}  // namespace
}  // namespace parley::graph
