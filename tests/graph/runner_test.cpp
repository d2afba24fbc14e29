// SPDX-License-Identifier: Apache-2.0
#include "graph/runner.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "exec/timer_thread.h"
#include "graph/profiler.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::Control;
using media::SpeechEvent;
using test::Custom;
using test::event;
using test::Relay;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<media::Frame> events(std::uint64_t first, std::uint64_t last) {
  std::vector<media::Frame> frames;
  for (std::uint64_t i = first; i <= last; ++i) frames.emplace_back(event(i));
  return frames;
}

std::vector<std::uint64_t> numbers(const std::vector<media::Frame>& frames) {
  std::vector<std::uint64_t> all;
  for (const media::Frame& frame : frames)
    all.push_back(std::get<SpeechEvent>(frame).head.sequence);
  return all;
}

std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
  return numbers(events(first, last));
}

/// in -> a -> {left, right} -> outlets of these names: three segments when cut.
GraphSpec fork(std::vector<std::uint64_t> fails_on = {}, NodeOptions options = {}) {
  GraphSpec spec;
  spec.add("a", std::make_unique<Relay>());
  spec.add("left", std::make_unique<Relay>(Relay::Options{.fails_on = std::move(fails_on)}),
           std::move(options));
  spec.add("right", std::make_unique<Relay>());
  spec.connect("a.out", "left.in").connect("a.out", "right.in");
  spec.inlet<SpeechEvent>("in", "a.in");
  spec.outlet<SpeechEvent>("left", "left.out").outlet<SpeechEvent>("right", "right.out");
  return spec;
}

/// Gives every event on 10 ms after it came.
class Late final : public Operator {
 public:
  Result<Progress> process(ProcessContext& context) override {
    for (; !in_.empty(); ++waiting_) {
      due_ = context.now() + Millis(10);
      held_ = in_.pop();
    }
    if (waiting_ == 0) return Progress::need_input;
    context.wake_at(due_);
    if (context.now() < due_ || !out_.has_room()) return Progress::need_input;
    out_.push(held_);
    waiting_ = 0;
    return Progress::need_input;
  }
  [[nodiscard]] bool is_busy() const noexcept override { return waiting_ != 0; }

 private:
  In<SpeechEvent> in_{*this, "in"};
  Out<SpeechEvent> out_{*this, "out"};
  SpeechEvent held_;
  Instant due_;
  int waiting_ = 0;
};

/// The four ways to run a graph; each test of this fixture holds for all of them.
enum class How : std::uint8_t { sync, sync_virtual, async, async_virtual };

class AnyRunner : public ::testing::TestWithParam<How> {
 protected:
  std::unique_ptr<Runner> open(GraphSpec spec, std::size_t max_queue_size = 1024) {
    const bool is_sync = GetParam() == How::sync || GetParam() == How::sync_virtual;
    const bool is_virtual = GetParam() == How::sync_virtual || GetParam() == How::async_virtual;
    const RunnerOptions options{.scheduler = is_sync ? SchedulerType::sync : SchedulerType::async,
                                .max_queue_size = max_queue_size,
                                .worker_threads = 2};
    Result<std::unique_ptr<Runner>> opened =
        is_virtual ? Runner::open(std::move(spec), options,
                                  {.clock = runtime.clock,
                                   .timers = runtime.timers,
                                   .metrics = metrics,
                                   .virtual_time = &runtime})
                   : Runner::open(std::move(spec), options,
                                  {.clock = clock, .timers = timers, .metrics = metrics});
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }

  exec::ManualRuntime runtime;
  SteadyClock clock;
  exec::TimerThread timers{clock};
  Metrics metrics;
};

TEST_P(AnyRunner, RunsAOneShot) {
  const auto runner = open(fork());
  for (int round = 0; round < 3; ++round) {
    const Result<FramesByName> out = runner->run({{"in", events(1, 5)}});
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_THAT(numbers(out->at("left")), ElementsAre(1, 2, 3, 4, 5));
    EXPECT_THAT(numbers(out->at("right")), ElementsAre(1, 2, 3, 4, 5));
  }
}

TEST_P(AnyRunner, RunsMoreThanItsQueuesHold) {
  const auto runner = open(fork(), 2);
  const Result<FramesByName> out = runner->run({{"in", events(1, 3000)}});
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(numbers(out->at("left")), from_to(1, 3000));
  EXPECT_EQ(numbers(out->at("right")), from_to(1, 3000));
}

TEST_P(AnyRunner, RunsAGraphOfNothingButASource) {
  GraphSpec spec;
  spec.add("source", std::make_unique<test::Source>(2000)).add("relay", std::make_unique<Relay>());
  spec.connect("source.out", "relay.in").outlet<SpeechEvent>("out", "relay.out");
  const auto runner = open(std::move(spec), 16);
  const Result<FramesByName> out = runner->run({});
  ASSERT_TRUE(out);
  EXPECT_EQ(numbers(out->at("out")), from_to(1, 2000));
}

TEST_P(AnyRunner, GivesFutures) {
  const auto runner = open(fork());
  std::vector<std::future<Result<FramesByName>>> futures;
  for (std::uint64_t i = 0; i < 10; ++i)
    futures.push_back(runner->run_async({{"in", events(i, i)}}));
  runtime.run_until_idle();  // in virtual time somebody has to
  for (std::uint64_t i = 0; i < 10; ++i) {
    const Result<FramesByName> out = futures[i].get();
    ASSERT_TRUE(out);
    EXPECT_THAT(numbers(out->at("right")), ElementsAre(i));
  }
}

TEST_P(AnyRunner, WaitsForWhoeverIsBusy) {
  GraphSpec spec;
  spec.add("late", std::make_unique<Late>()).add("after", std::make_unique<Relay>());
  spec.connect("late.out", "after.in");
  spec.inlet<SpeechEvent>("in", "late.in").outlet<SpeechEvent>("out", "after.out");
  const auto runner = open(std::move(spec));
  const Result<FramesByName> out = runner->run({{"in", events(7, 7)}});
  ASSERT_TRUE(out) << out.error().message;
  ASSERT_TRUE(out->contains("out"));
  EXPECT_THAT(numbers(out->at("out")), ElementsAre(7));
}

TEST_P(AnyRunner, Streams) {
  const auto runner = open(fork(), 64);
  std::vector<media::Frame> left;
  std::vector<media::Frame> right;
  const Instant never = Instant{std::chrono::hours(1000)};
  for (std::uint64_t i = 1; i <= 500; ++i) {
    ASSERT_TRUE(runner->push("in", event(i)));
    if (i % 20 != 0) continue;
    while (left.size() < i) left.push_back(*runner->poll_until("left", never));
    while (right.size() < i) right.push_back(*runner->poll_until("right", never));
  }
  EXPECT_EQ(numbers(left), from_to(1, 500));
  EXPECT_EQ(numbers(right), from_to(1, 500));
  EXPECT_FALSE(runner->poll("left"));
}

TEST_P(AnyRunner, SaysWhatIsWrongWithAPush) {
  const auto runner = open(fork());
  EXPECT_EQ(runner->push("mic", event(1)).error().message, "there is no inlet 'mic'; inlets: in");
  EXPECT_EQ(runner->push("in", Control{}).error().message,
            "inlet 'in' takes SpeechEvent, not Control");
  EXPECT_EQ(runner->run({{"in", {Control{}}}}).error().message,
            "inlet 'in' takes SpeechEvent, not Control");
}

TEST_P(AnyRunner, RefusesAPushWhenEverythingBehindIsFull) {
  const auto runner = open(fork(), 4);
  std::uint64_t pushed = 0;
  Status status;
  // Nobody polls. A push that found the inlet full may find room again when the rest moved up.
  for (int refused = 0; refused < 1000;) {
    status = runner->push("in", event(pushed + 1));
    status ? void(++pushed) : void(++refused);
    runtime.run_until_idle();
    if (!status) std::this_thread::yield();
  }
  EXPECT_EQ(status.error().message, "inlet 'in' is full");
  EXPECT_LT(pushed, 2000U);
  std::vector<media::Frame> left;
  std::vector<media::Frame> right;
  while (left.size() < pushed || right.size() < pushed) {  // nothing is lost
    while (auto frame = runner->poll("left")) left.push_back(*frame);
    while (auto frame = runner->poll("right")) right.push_back(*frame);
    runtime.run_until_idle();
  }
  EXPECT_EQ(numbers(left), from_to(1, pushed));
  EXPECT_EQ(numbers(right), from_to(1, pushed));
}

TEST_P(AnyRunner, FailsWithTheNodesName) {
  const auto runner = open(fork({3}));
  const Result<FramesByName> out = runner->run({{"in", events(1, 5)}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message, "node 'left': bad 3");
  EXPECT_TRUE(runner->failed());
  EXPECT_EQ(runner->push("in", event(1)).error().message, "node 'left': bad 3");
  EXPECT_EQ(runner->run({{"in", events(1, 1)}}).error().message, "node 'left': bad 3");
  EXPECT_EQ(runner->poll_error()->error.message, "bad 3");
  EXPECT_FALSE(runner->poll_error());
}

// A failed segment is quiet, too: whoever watches for quiet must not take that for the end.
TEST_P(AnyRunner, NeverTakesAFailureForTheEnd) {
  for (int round = 0; round < 200; ++round) {
    const auto runner = open(fork({3}));
    ASSERT_FALSE(runner->run({{"in", events(1, 5)}})) << "round " << round;
  }
}

TEST_P(AnyRunner, AsksTheErrorHandler) {
  const auto runner = open(fork({3}));
  std::vector<std::string> heard;
  runner->set_error_handler([&](const Failure& failure) {
    heard.push_back(std::string(failure.node) + ": " + failure.error.message);
    return ErrorPolicy::skip_frame;
  });
  const Result<FramesByName> out = runner->run({{"in", events(1, 5)}});
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_THAT(numbers(out->at("left")), ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(heard, ElementsAre("left: bad 3"));
}

TEST_P(AnyRunner, UpdatesAnOperator) {
  const auto runner = open(fork({3}));
  ASSERT_TRUE(runner->run({{"in", events(1, 2)}}));
  const Status updated = runner->update_operator("left", std::make_unique<Relay>());
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_TRUE(runner->run({{"in", events(3, 5)}}));
  EXPECT_EQ(runner->update_operator("lft", std::make_unique<Relay>()).error().message,
            "there is no node 'lft'; nodes: a, left, right");
  EXPECT_THAT(runner->update_operator("left", std::make_unique<test::Source>(1)).error().message,
              HasSubstr("lacks input 'in' (SpeechEvent)"));
}

TEST_P(AnyRunner, MovesTheTurnOfAllSegments) {
  const auto runner = open(fork());
  std::vector<media::Frame> in;
  for (std::uint64_t i = 1; i <= 4; ++i) in.emplace_back(event(i, media::Turn(i)));
  runner->set_turn(media::Turn(3));
  const Result<FramesByName> out = runner->run({{"in", std::move(in)}});
  ASSERT_TRUE(out);
  EXPECT_THAT(numbers(out->at("left")), ElementsAre(3, 4));
}

TEST_P(AnyRunner, StopsWithoutWaitingForItsQueues) {
  const auto runner = open(fork());
  ASSERT_TRUE(runner->push("in", event(1)));
  runner->stop();
  runner->stop();
  EXPECT_EQ(runner->push("in", event(1)).error().message, "the runner was stopped");
  EXPECT_EQ(runner->run({}).error().message, "the runner was stopped");
}

TEST_P(AnyRunner, CountsWhatItsLinksMove) {
  const auto runner = open(fork(), 8);
  ASSERT_TRUE(runner->run({{"in", events(1, 100)}}));
  for (const LinkStats& link : runner->links()) {
    EXPECT_EQ(link.frames, 100U) << link.name;
    EXPECT_EQ(link.depth, 0U) << link.name;
    EXPECT_GE(link.depth_max, 1U) << link.name;
    EXPECT_LE(link.depth_max, 8U) << link.name;
  }
}

std::string name_of(const ::testing::TestParamInfo<How>& how) {
  switch (how.param) {
    case How::sync:
      return "Sync";
    case How::sync_virtual:
      return "SyncInVirtualTime";
    case How::async:
      return "Async";
    case How::async_virtual:
      return "AsyncInVirtualTime";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(EachWay, AnyRunner,
                         ::testing::Values(How::sync, How::sync_virtual, How::async,
                                           How::async_virtual),
                         name_of);

// --- what only one of them does ------------------------------------------------------------------

class VirtualRunner : public ::testing::Test {
 protected:
  std::unique_ptr<Runner> open(GraphSpec spec,
                               RunnerOptions options = {.scheduler = SchedulerType::async}) {
    auto opened = Runner::open(std::move(spec), options,
                               {.clock = runtime.clock,
                                .timers = runtime.timers,
                                .metrics = metrics,
                                .virtual_time = &runtime});
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  exec::ManualRuntime runtime;
  Metrics metrics;
};

/// Writes down in which order it gets events and controls.
class Log final : public Operator {
 public:
  explicit Log(std::string& text) : text_(text) {}
  Result<Progress> process(ProcessContext&) override {
    while (!control_.empty()) text_ += control_.pop().name;
    if (in_.empty()) return Progress::need_input;
    (void)in_.pop();
    text_ += '.';
    return Progress::need_input;
  }

 private:
  In<SpeechEvent> in_{*this, "in"};
  In<Control> control_{*this, "control"};
  std::string& text_;
};

/// Passes both on.
class Both final : public Operator {
 public:
  Result<Progress> process(ProcessContext&) override {
    while (!control_in_.empty() && control_out_.has_room()) control_out_.push(control_in_.pop());
    if (!out_.has_room()) return Progress::blocked;
    if (!in_.empty()) out_.push(in_.pop());
    return Progress::need_input;
  }

 private:
  In<SpeechEvent> in_{*this, "in"};
  In<Control> control_in_{*this, "control"};
  Out<SpeechEvent> out_{*this, "out"};
  Out<Control> control_out_{*this, "control"};
};

TEST_F(VirtualRunner, ControlOvertakesDataBetweenSegments) {
  std::string text;
  GraphSpec spec;
  spec.add("both", std::make_unique<Both>(), {.segment = "front"});
  spec.add("log", std::make_unique<Log>(text), {.segment = "back"});
  spec.connect("both.out", "log.in").connect("both.control", "log.control");
  spec.inlet<SpeechEvent>("in", "both.in").inlet<Control>("control", "both.control");
  const auto runner = open(std::move(spec));
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(runner->push("in", event(i)));
  ASSERT_TRUE(runner->push("control", Control{.head = {}, .name = "C", .value = true}));
  runtime.run_until_idle();
  EXPECT_EQ(text.size(), 1001U);
  EXPECT_LT(text.find('C'), 100U);  // a thousand were before it
}

TEST_F(VirtualRunner, AsyncIsDeterministic) {
  const auto run_once = [] {
    exec::ManualRuntime its_runtime;
    Metrics its_metrics;
    std::string order;
    const auto note = [&](char letter) {
      return [&order, letter](Custom& self, ProcessContext&) -> Result<Progress> {
        if (self.in.empty()) return Progress::need_input;
        order += letter;
        (void)self.in.pop();
        return Progress::need_input;
      };
    };
    GraphSpec two;
    two.add("a", std::make_unique<Relay>());
    two.add("x", std::make_unique<Custom>(note('x'))).add("y", std::make_unique<Custom>(note('y')));
    two.connect("a.out", "x.in").connect("a.out", "y.in").inlet<SpeechEvent>("in", "a.in");
    auto runner = *Runner::open(std::move(two), {.scheduler = SchedulerType::async},
                                {.clock = its_runtime.clock,
                                 .timers = its_runtime.timers,
                                 .metrics = its_metrics,
                                 .virtual_time = &its_runtime});
    EXPECT_TRUE(runner->run({{"in", events(1, 500)}}));
    return order;
  };
  const std::string first = run_once();
  EXPECT_EQ(first.size(), 1000U);
  EXPECT_EQ(first, run_once());
}

TEST_F(VirtualRunner, SaysSoWhenAnOperatorWaitsForNothing) {
  class Stuck final : public Operator {
   public:
    Result<Progress> process(ProcessContext&) override { return Progress::need_input; }
    [[nodiscard]] bool is_busy() const noexcept override { return true; }
  };
  GraphSpec spec;
  spec.add("stuck", std::make_unique<Stuck>());
  const auto runner = open(std::move(spec));
  EXPECT_EQ(runner->run({}).error().message, "an operator is busy with what no timer brings");
}

TEST_F(VirtualRunner, RunsInTopologicalOrderWhenItIsSync) {
  std::string order;
  const auto pass = [&](char letter) {
    return std::make_unique<Custom>([&order, letter](Custom& self, ProcessContext&) {
      if (self.in.empty() || !self.out.has_room()) return Result<Progress>(Progress::need_input);
      order += letter;
      self.out.push(self.in.pop());
      return Result<Progress>(Progress::need_input);
    });
  };
  GraphSpec spec;
  spec.add("d", pass('d')).add("c", pass('c')).add("b", pass('b')).add("a", pass('a'));
  spec.connect("a.out", "b.in").connect("b.out", "c.in").connect("b.out", "d.in");
  spec.inlet<SpeechEvent>("in", "a.in");
  const auto runner = open(std::move(spec), {.scheduler = SchedulerType::sync});
  for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(runner->push("in", event(i)));
  EXPECT_EQ(order, "abdcabdcabdc");
}

TEST_F(VirtualRunner, RefusesOptionsOutOfRange) {
  const auto open_with = [&](RunnerOptions options) {
    return Runner::open(fork(), options,
                        {.clock = runtime.clock, .timers = runtime.timers, .metrics = metrics})
        .error()
        .message;
  };
  EXPECT_EQ(open_with({.max_queue_size = 0}), "max_queue_size is 0; give at least 1");
  EXPECT_EQ(open_with({.worker_threads = 1000}), "worker_threads is 1000; give at most 48");
}

TEST_F(VirtualRunner, AQueueHoldsAsManyFramesAsItsLimit) {
  const auto frames_that_fit = [&](RunnerOptions options) {
    const auto runner = open(fork(), options);
    std::uint64_t pushed = 0;
    while (runner->push("in", event(pushed + 1))) ++pushed;  // nobody runs, nobody takes
    return pushed;
  };
  EXPECT_EQ(frames_that_fit({.scheduler = SchedulerType::async}), kMaxQueueSizeDefault);
  EXPECT_EQ(frames_that_fit({.scheduler = SchedulerType::async, .max_queue_size = 4}), 4U);
  static_assert(kMaxQueueSizeDefault == 1024);
}

TEST(Runner, HasAsManyThreadsAsItWasGiven) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  std::set<std::string> known;
  const auto new_threads = [&] {
    std::size_t count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      count += known.insert(task.path().filename()).second ? 1 : 0;
    }
    return count;
  };
  new_threads();
  std::vector<std::unique_ptr<Runner>> runners;  // all live on: a number is not given twice
  const auto open_with = [&](RunnerOptions options) {
    auto opened =
        Runner::open(fork(), options, {.clock = clock, .timers = timers, .metrics = metrics});
    ASSERT_TRUE(opened) << opened.error().message;
    runners.push_back(*std::move(opened));
  };
  open_with({.scheduler = SchedulerType::sync, .worker_threads = 3});
  EXPECT_EQ(new_threads(), 0U);
  open_with({.scheduler = SchedulerType::async, .worker_threads = 1});
  EXPECT_EQ(new_threads(), 1U);
  open_with({.scheduler = SchedulerType::async, .worker_threads = 3});
  EXPECT_EQ(new_threads(), 3U);
}

TEST(Runner, AProfilerSeesAllSegments) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  Profiler profiler(clock);
  auto runner =
      Runner::open(fork(), {.scheduler = SchedulerType::async, .worker_threads = 2},
                   {.clock = clock, .timers = timers, .metrics = metrics, .profiler = &profiler});
  ASSERT_TRUE(runner) << runner.error().message;
  ASSERT_TRUE((*runner)->run({{"in", events(1, 50)}}));
  const ProfileReport report = profiler.report();
  ASSERT_EQ(report.nodes.size(), 3U);
  for (const NodeProfile& node : report.nodes) {
    EXPECT_EQ(node.frames_in, 50U) << node.node;
    EXPECT_EQ(node.pipeline, node.node);  // the fork makes a segment of each
  }
  EXPECT_THAT(report.edges, ElementsAre(std::pair("a", "left"), std::pair("a", "right")));
  EXPECT_EQ(report.critical_path.size(), 2U);
}

TEST(Runner, RunsOnTheCoresOfAResourcePool) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  const auto pool = exec::ResourcePool::make({}).value();
  const std::size_t cores = pool->stats().cores;
  const RunnerContext context{
      .clock = clock, .timers = timers, .metrics = metrics, .resources = pool.get()};
  {
    const auto runner =
        Runner::open(fork(), {.scheduler = SchedulerType::async, .worker_threads = 1}, context);
    ASSERT_TRUE(runner) << runner.error().message;
    EXPECT_EQ(pool->stats().cores_free, cores - 1);
    EXPECT_THAT(numbers((*runner)->run({{"in", events(1, 3)}})->at("left")), ElementsAre(1, 2, 3));
  }
  EXPECT_EQ(pool->stats().cores_free, cores);
  const auto too_many = Runner::open(
      fork(), {.scheduler = SchedulerType::async, .worker_threads = cores + 1}, context);
  EXPECT_THAT(too_many.error().message, HasSubstr("cores are wanted, it has"));
  // A sync runner works on its caller's thread and takes nothing.
  const auto sync = Runner::open(fork(), {}, context);
  EXPECT_EQ(pool->stats().cores_free, cores);
}

TEST(Runner, ManyThreadsMayPushAndPoll) {
  constexpr std::uint64_t kEach = 2000;
  constexpr int kThreads = 3;
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  const auto runner =
      *Runner::open(fork(), {.scheduler = SchedulerType::async, .worker_threads = 2},
                    {.clock = clock, .timers = timers, .metrics = metrics});
  std::atomic<std::uint64_t> sum{0};
  std::atomic<std::uint64_t> got{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (std::uint64_t i = 1; i <= kEach;) {
          runner->push("in", event(i)) ? void(++i) : std::this_thread::yield();
        }
      });
    }
    for (const char* outlet : {"left", "right"}) {
      threads.emplace_back([&, outlet] {
        for (std::uint64_t i = 0; i < kThreads * kEach; ++i) {
          const auto frame = runner->poll_until(outlet, Instant{std::chrono::hours(1000)});
          ASSERT_TRUE(frame.has_value());
          sum += std::get<SpeechEvent>(*frame).head.sequence;
          ++got;
        }
      });
    }
  }
  EXPECT_EQ(got, 2 * kThreads * kEach);
  EXPECT_EQ(sum, 2 * kThreads * kEach * (kEach + 1) / 2);
}

}  // namespace
}  // namespace parley::graph
