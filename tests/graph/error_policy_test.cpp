// SPDX-License-Identifier: Apache-2.0
#include "graph/error_policy.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/operators.h"
#include "tests/support/operator_harness.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using parley::test::OperatorHarness;
using test::event;
using test::Relay;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ErrorPolicyTest : public ::testing::Test {
 protected:
  /// Feeds 1..4 to a relay; returns what came out.
  std::vector<std::uint64_t> run(Relay::Options relay, NodeOptions options) {
    harness =
        std::make_unique<OperatorHarness>(std::make_unique<Relay>(std::move(relay)),
                                          OperatorHarness::Options{.node = std::move(options)});
    EXPECT_TRUE(harness->open());
    for (std::uint64_t i = 1; i <= 4; ++i) harness->feed("in", event(i));
    harness->run();
    std::vector<std::uint64_t> numbers;
    for (const SpeechEvent& out : harness->read<SpeechEvent>("out")) {
      numbers.push_back(out.head.sequence);
    }
    return numbers;
  }
  std::unique_ptr<OperatorHarness> harness;
};

TEST_F(ErrorPolicyTest, FailSessionStopsThePipeline) {
  EXPECT_THAT(run({.fails_on = {2}}, {}), ElementsAre(1));
  EXPECT_TRUE(harness->pipeline().failed());
  EXPECT_EQ(harness->pipeline().failure().message, "node 'op': bad 2");
  const std::vector<media::ErrorEvent> errors = harness->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].node, "op");
  EXPECT_EQ(errors[0].error.code, ErrorCode::data_corrupt);
  EXPECT_THAT(harness->metrics.render(),
              HasSubstr(R"(parley_graph_errors_total{node="op",policy="fail_session"} 1)"));
}

TEST_F(ErrorPolicyTest, SkipFrameGoesOnWithTheNext) {
  EXPECT_THAT(run({.fails_on = {2, 3}}, {.on_error = ErrorPolicy::skip_frame}), ElementsAre(1, 4));
  EXPECT_FALSE(harness->pipeline().failed());
  EXPECT_EQ(harness->errors().size(), 2U);
  EXPECT_EQ(harness->pipeline().counters().skipped, 2U);
}

TEST_F(ErrorPolicyTest, SkipFrameDropsTheFrameThatTheOperatorLeft) {
  EXPECT_THAT(
      run({.fails_on = {2}, .pops_before_failing = false}, {.on_error = ErrorPolicy::skip_frame}),
      ElementsAre(1, 3, 4));
}

TEST_F(ErrorPolicyTest, RestartOpensAgainAndKeepsTheQueue) {
  EXPECT_THAT(run({.fails_on = {2}}, {.on_error = ErrorPolicy::restart}), ElementsAre(1, 3, 4));
  EXPECT_EQ(harness->as<Relay>().opened, 2);
  EXPECT_EQ(harness->as<Relay>().closed, 1);
  EXPECT_EQ(harness->pipeline().counters().restarts, 1U);
  EXPECT_EQ(harness->errors().size(), 1U);
}

TEST_F(ErrorPolicyTest, RestartHasALimitInARow) {
  EXPECT_THAT(run({.fails_on = {2}, .pops_before_failing = false},
                  {.on_error = ErrorPolicy::restart, .restarts_max = 2}),
              ElementsAre(1));
  harness->advance(kRestartDelayDefault);
  EXPECT_TRUE(harness->pipeline().failed());
  EXPECT_THAT(harness->pipeline().failure().message, HasSubstr("still failing after 2 restarts"));
  EXPECT_THAT(harness->pipeline().failure().message, HasSubstr("bad 2"));
  EXPECT_EQ(harness->as<Relay>().opened, 3);
}

TEST_F(ErrorPolicyTest, RestartCountsAgainAfterAFrameThatWorked) {
  EXPECT_THAT(run({.fails_on = {1, 3}}, {.on_error = ErrorPolicy::restart, .restarts_max = 1}),
              ElementsAre(2, 4));
}

/// Fails on the first frame, and then cannot be opened again for some times.
class Once final : public Relay {
 public:
  explicit Once(int opens_that_fail) : Relay({.fails_on = {1}}), left_(opens_that_fail) {}
  Status open(ProcessContext& /*context*/) override {
    if (opened++ == 0 || left_-- <= 0) return {};
    return Error{.code = ErrorCode::unavailable, .message = "gone"};
  }

 private:
  int left_;
};

TEST_F(ErrorPolicyTest, RestartThatNeverOpensFailsTheSession) {
  OperatorHarness once(std::make_unique<Once>(100), {.node = {.on_error = ErrorPolicy::restart}});
  ASSERT_TRUE(once.open());
  once.feed("in", event(1));
  once.run();
  EXPECT_FALSE(once.pipeline().failed());
  once.advance(std::chrono::seconds(60));
  EXPECT_TRUE(once.pipeline().failed());
  EXPECT_EQ(once.pipeline().failure().message, "node 'op': still failing after 3 restarts: gone");
  EXPECT_EQ(once.errors().size(), 4U);
}

TEST_F(ErrorPolicyTest, RestartTriesToOpenUntilItWorks) {
  OperatorHarness once(std::make_unique<Once>(2), {.node = {.on_error = ErrorPolicy::restart}});
  ASSERT_TRUE(once.open());
  for (std::uint64_t i = 1; i <= 3; ++i) once.feed("in", event(i));
  once.run();
  EXPECT_TRUE(once.read<SpeechEvent>("out").empty());
  once.advance(std::chrono::seconds(1));
  EXPECT_EQ(once.read<SpeechEvent>("out").size(), 2U);  // 2 and 3 waited
  EXPECT_FALSE(once.pipeline().failed());
}

TEST_F(ErrorPolicyTest, RestartsWaitTwiceAsLongEachTime) {
  // On a clock that moves by the millisecond: when was the operator opened?
  Once* op = nullptr;
  auto made = std::make_unique<Once>(100);
  op = made.get();
  OperatorHarness once(std::move(made), {.node = {.on_error = ErrorPolicy::restart,
                                                  .restarts_max = 6,
                                                  .restart_delay = Millis(10),
                                                  .restart_delay_max = Millis(35)}});
  ASSERT_TRUE(once.open());
  once.feed("in", event(1));
  once.run();
  std::vector<int> opened_at_ms;
  int opened = 1;
  for (int ms = 0; ms <= 200; ++ms) {
    for (; opened < op->opened; ++opened) opened_at_ms.push_back(ms);
    once.advance(Millis(1));
  }
  // At once, then after 10, 20, 35, 35 and 35 ms.
  EXPECT_THAT(opened_at_ms, ElementsAre(0, 10, 30, 65, 100, 135));
  EXPECT_TRUE(once.pipeline().failed());
}

TEST_F(ErrorPolicyTest, FallbackTakesOverTheQueuesAndTheConsumers) {
  auto spare = std::make_unique<Relay>();
  const Relay& in_place = *spare;
  EXPECT_THAT(
      run({.fails_on = {2}}, {.on_error = ErrorPolicy::fallback, .spare = std::move(spare)}),
      ElementsAre(1, 3, 4));
  EXPECT_EQ(harness->pipeline().find("op"), &in_place);
  EXPECT_EQ(in_place.opened, 1);
  EXPECT_EQ(harness->as<Relay>().closed, 1);
  EXPECT_EQ(harness->pipeline().counters().fallbacks, 1U);
  EXPECT_TRUE(harness->feed("in", event(5)));
  harness->run();
  EXPECT_EQ(harness->read_one<SpeechEvent>("out").head.sequence, 5U);
}

TEST_F(ErrorPolicyTest, TwoFailuresWithOneSpareFailTheSession) {
  EXPECT_THAT(
      run({.fails_on = {1}}, {.on_error = ErrorPolicy::fallback,
                              .spare = std::make_unique<Relay>(Relay::Options{.fails_on = {2}})}),
      IsEmpty());
  EXPECT_TRUE(harness->pipeline().failed());
  EXPECT_THAT(harness->pipeline().failure().message,
              HasSubstr("node 'op': the spare failed too: "));
}

TEST_F(ErrorPolicyTest, ASpareThatCannotBeOpenedFailsTheSession) {
  run({.fails_on = {1}}, {.on_error = ErrorPolicy::fallback,
                          .spare = std::make_unique<Relay>(Relay::Options{.opens_that_fail = 1})});
  EXPECT_EQ(harness->pipeline().failure().message,
            "node 'op': the spare cannot be opened: cannot open");
}

// --- the handler ---------------------------------------------------------------------------------

class ErrorHandlerTest : public ::testing::Test {
 protected:
  /// Feeds 1..4 to a relay that fails on 2, with a handler that answers `answer`.
  std::size_t run(NodeOptions options, ErrorPolicy answer) {
    harness =
        std::make_unique<OperatorHarness>(std::make_unique<Relay>(Relay::Options{.fails_on = {2}}),
                                          OperatorHarness::Options{.node = std::move(options)});
    EXPECT_TRUE(harness->open());
    harness->pipeline().set_error_handler([this, answer](const Failure& failure) {
      heard.push_back(std::string(failure.node) + ": " + failure.error.message + " -> " +
                      std::string(to_string(failure.policy)));
      return answer;
    });
    for (std::uint64_t i = 1; i <= 4; ++i) harness->feed("in", event(i));
    harness->run();
    return harness->read<SpeechEvent>("out").size();
  }
  std::unique_ptr<OperatorHarness> harness;
  std::vector<std::string> heard;
};

TEST_F(ErrorHandlerTest, HearsTheNodeAndItsPolicyAndMayLeaveIt) {
  EXPECT_EQ(run({.on_error = ErrorPolicy::skip_frame}, ErrorPolicy::skip_frame), 3U);
  EXPECT_THAT(heard, ElementsAre("op: bad 2 -> skip_frame"));
  EXPECT_EQ(harness->pipeline().counters().overridden, 0U);
  EXPECT_EQ(harness->errors().size(), 1U);  // the event goes to the client all the same
}

TEST_F(ErrorHandlerTest, OverridesThePolicy) {
  EXPECT_EQ(run({}, ErrorPolicy::skip_frame), 3U);
  EXPECT_THAT(heard, ElementsAre("op: bad 2 -> fail_session"));
  EXPECT_FALSE(harness->pipeline().failed());
  EXPECT_EQ(harness->pipeline().counters().overridden, 1U);
  EXPECT_EQ(run({.on_error = ErrorPolicy::restart}, ErrorPolicy::fail_session), 1U);
  EXPECT_EQ(harness->pipeline().failure().message, "node 'op': bad 2");
}

TEST_F(ErrorHandlerTest, CannotAskForASpareThatThereIsNot) {
  EXPECT_EQ(run({}, ErrorPolicy::fallback), 1U);
  EXPECT_EQ(harness->pipeline().failure().message, "node 'op': there is no spare operator: bad 2");
}

TEST_F(ErrorHandlerTest, ThatThrowsFailsTheSession) {
  harness = std::make_unique<OperatorHarness>(
      std::make_unique<Relay>(Relay::Options{.fails_on = {1}}),
      OperatorHarness::Options{.node = {.on_error = ErrorPolicy::skip_frame}});
  ASSERT_TRUE(harness->open());
  harness->pipeline().set_error_handler(
      [](const Failure&) -> ErrorPolicy { throw std::runtime_error("handler trouble"); });
  harness->feed("in", event(1));
  harness->run();
  EXPECT_TRUE(harness->pipeline().failed());
  const std::vector<media::ErrorEvent> errors = harness->errors();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[1].error.message, "the error handler: threw: handler trouble");
}

TEST_F(ErrorPolicyTest, AReportedErrorChangesNothingElse) {
  harness = std::make_unique<OperatorHarness>(std::make_unique<test::Custom>(
      [](test::Custom& self, ProcessContext& context) -> Result<Progress> {
        if (self.in.empty()) return Progress::need_input;
        context.report({.code = ErrorCode::unavailable, .message = "the model is away"});
        self.out.push(self.in.pop());
        return Progress::need_input;
      }));
  ASSERT_TRUE(harness->open());
  harness->feed("in", event(1));
  harness->run();
  EXPECT_EQ(harness->read_one<SpeechEvent>("out").head.sequence, 1U);
  const std::vector<media::ErrorEvent> errors = harness->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].node, "op");
  EXPECT_EQ(errors[0].error.message, "the model is away");
  EXPECT_EQ(harness->pipeline().counters().errors, 1U);
  EXPECT_THAT(harness->metrics.render(), HasSubstr(R"(parley_graph_errors_total{node="op")"));
}

TEST_F(ErrorPolicyTest, EventsBeyondTheLimitAreCounted) {
  harness = std::make_unique<OperatorHarness>(
      std::make_unique<test::Custom>([](test::Custom& self, ProcessContext&) -> Result<Progress> {
        if (self.in.empty()) return Progress::need_input;
        (void)self.in.pop();
        return Error{.code = ErrorCode::internal, .message = "always"};
      }),
      OperatorHarness::Options{.node = {.on_error = ErrorPolicy::skip_frame}});
  ASSERT_TRUE(harness->open());
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < 50; ++i) harness->feed("in", event(i));
    harness->run();
  }
  EXPECT_EQ(harness->errors().size(), Pipeline::kErrorsMax);
  constexpr std::size_t kLost = 100 - Pipeline::kErrorsMax;
  EXPECT_EQ(harness->pipeline().counters().errors_lost, kLost);
  EXPECT_THAT(harness->metrics.render(),
              HasSubstr("\nparley_graph_errors_lost_total " + std::to_string(kLost) + "\n"));
}

}  // namespace
}  // namespace parley::graph
