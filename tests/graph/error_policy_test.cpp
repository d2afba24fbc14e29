// SPDX-License-Identifier: Apache-2.0
#include "graph/error_policy.h"

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
  EXPECT_TRUE(harness->pipeline().failed());
  EXPECT_THAT(harness->pipeline().failure().message, HasSubstr("still failing after 2 restarts"));
  EXPECT_THAT(harness->pipeline().failure().message, HasSubstr("bad 2"));
  EXPECT_EQ(harness->as<Relay>().opened, 3);
}

TEST_F(ErrorPolicyTest, RestartCountsAgainAfterAFrameThatWorked) {
  EXPECT_THAT(run({.fails_on = {1, 3}}, {.on_error = ErrorPolicy::restart, .restarts_max = 1}),
              ElementsAre(2, 4));
}

TEST_F(ErrorPolicyTest, RestartThatCannotOpenFailsTheSession) {
  class Once final : public Relay {
   public:
    Once() : Relay({.fails_on = {1}}) {}
    Status open(ProcessContext& /*context*/) override {
      if (opened++ == 0) return {};
      return Error{.code = ErrorCode::unavailable, .message = "gone"};
    }
  };
  OperatorHarness once(std::make_unique<Once>(), {.node = {.on_error = ErrorPolicy::restart}});
  ASSERT_TRUE(once.open());
  once.feed("in", event(1));
  once.run();
  EXPECT_TRUE(once.pipeline().failed());
  EXPECT_EQ(once.pipeline().failure().message, "node 'op': gone");
  EXPECT_EQ(once.errors().size(), 2U);
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
  EXPECT_THAT(harness->pipeline().failure().message, HasSubstr("spare failed too"));
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
  EXPECT_EQ(harness->pipeline().counters().errors_lost, 100U - Pipeline::kErrorsMax);
}

}  // namespace
}  // namespace parley::graph
