// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_llm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "tests/model/support.h"

namespace parley::model {
namespace {

using testing::ElementsAre;

struct FakeLlmTest : testing::Test {
  exec::ManualRuntime runtime;
  Sleeper session{runtime.executor};

  std::shared_ptr<LlmCall> ask(const std::string& text) {
    auto call = std::make_shared<LlmCall>();
    call->prompt.messages.push_back({.role = LlmMessage::Role::system, .text = "Be kind."});
    call->prompt.messages.push_back({.role = LlmMessage::Role::user, .text = text});
    call->begin(session.waker(), Instant::never());
    return call;
  }
  static std::vector<std::string> read(LlmCall& call) {
    std::vector<std::string> texts;
    while (auto delta = call.deltas.try_pop()) texts.push_back(delta->text);
    return texts;
  }
};

TEST_F(FakeLlmTest, RepeatsTheUserWordByWord) {
  FakeLlm llm({}, runtime.executor, runtime.timers, runtime.clock);
  auto call = ask("what a day");
  ASSERT_TRUE(llm.submit(call));
  runtime.run_until_idle();
  ASSERT_TRUE(call->done());
  EXPECT_TRUE(call->status);
  EXPECT_THAT(read(*call), ElementsAre("what", " a", " day"));
  EXPECT_EQ(call->finish_reason, LlmCall::Finish::stop);
  EXPECT_EQ(call->usage.input_tokens, 5);
  EXPECT_EQ(call->usage.output_tokens, 3);
  EXPECT_GE(session.wakes, 3);
}

TEST_F(FakeLlmTest, TakesTheTimeItIsTold) {
  FakeLlm llm({.replies = {{.text = "one two"}},
               .first_token_delay = Millis(100),
               .token_delay = Millis(10)},
              runtime.executor, runtime.timers, runtime.clock);
  auto call = ask("count");
  ASSERT_TRUE(llm.submit(call));
  runtime.run_for(Millis(99));
  EXPECT_THAT(read(*call), ElementsAre());
  runtime.run_for(Millis(2));
  EXPECT_THAT(read(*call), ElementsAre("one"));
  EXPECT_FALSE(call->done());
  runtime.run_for(Millis(10));
  EXPECT_THAT(read(*call), ElementsAre(" two"));
  EXPECT_TRUE(call->done());
}

TEST_F(FakeLlmTest, StopsInTheMiddleWhenCancelled) {
  FakeLlm llm({.token_delay = Millis(10)}, runtime.executor, runtime.timers, runtime.clock);
  auto call = ask("one two three");
  ASSERT_TRUE(llm.submit(call));
  runtime.run_for(Millis(5));
  call->cancel();
  runtime.run_until_idle();
  ASSERT_TRUE(call->done());
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  EXPECT_THAT(read(*call), ElementsAre("one"));
}

TEST_F(FakeLlmTest, CallsTheToolThatIsDemanded) {
  FakeLlm llm({.tool_arguments = R"({"city": "Oslo"})"}, runtime.executor, runtime.timers,
              runtime.clock);
  auto call = ask("weather?");
  call->prompt.tools = {{.name = "time"}, {.name = "weather"}};
  call->prompt.tool_choice.kind = LlmToolChoice::Kind::required;
  ASSERT_TRUE(llm.submit(call));
  runtime.run_until_idle();
  EXPECT_EQ(call->finish_reason, LlmCall::Finish::tool_call);
  EXPECT_THAT(read(*call), ElementsAre("time", R"({"city":)", R"( "Oslo"})"));

  call->prompt.tool_choice = {LlmToolChoice::Kind::function, "weather"};
  call->begin(session.waker(), Instant::never());
  ASSERT_TRUE(llm.submit(call));
  runtime.run_until_idle();
  EXPECT_EQ(read(*call).front(), "weather");
}

TEST_F(FakeLlmTest, FollowsItsScriptAndTheLimit) {
  FakeLlm llm({.replies = {{.text = "one two three"}, {.tool = "time", .arguments = "{}"}}},
              runtime.executor, runtime.timers, runtime.clock);
  auto call = ask("go");
  call->output_tokens_max = 2;
  ASSERT_TRUE(llm.submit(call));
  runtime.run_until_idle();
  EXPECT_THAT(read(*call), ElementsAre("one", " two"));
  EXPECT_EQ(call->finish_reason, LlmCall::Finish::length);

  call->prompt.tools = {{.name = "time"}};
  call->begin(session.waker(), Instant::never());
  ASSERT_TRUE(llm.submit(call));
  runtime.run_until_idle();
  EXPECT_THAT(read(*call), ElementsAre("time", "{}"));
  EXPECT_EQ(call->finish_reason, LlmCall::Finish::tool_call);
}

TEST_F(FakeLlmTest, WaitsForAReaderWhoIsSlow) {
  std::string text;
  for (std::size_t i = 0; i < kLlmDeltaCapacity + 10; ++i) text += " x";
  FakeLlm llm({}, runtime.executor, runtime.timers, runtime.clock);
  auto call = ask(text);
  ASSERT_TRUE(llm.submit(call));
  runtime.run_until_idle();
  EXPECT_FALSE(call->done());
  EXPECT_EQ(read(*call).size(), kLlmDeltaCapacity);
  runtime.run_for(Millis(10));
  EXPECT_TRUE(call->done());
  EXPECT_EQ(read(*call).size(), 10U);
}

TEST_F(FakeLlmTest, RefusesMoreThanItsLimit) {
  FakeLlm llm({.generations_max = 1}, runtime.executor, runtime.timers, runtime.clock);
  auto first = ask("a");
  EXPECT_TRUE(llm.submit(first));
  EXPECT_FALSE(llm.submit(ask("b")));
  EXPECT_EQ(llm.seen().refused, 1U);
  runtime.run_until_idle();
  EXPECT_TRUE(llm.submit(ask("c")));
  EXPECT_EQ(llm.seen().last_prompt.messages.back().text, "c");
}

TEST_F(FakeLlmTest, FailsWhatRunsWhenItGoes) {
  auto call = ask("a b");
  {
    FakeLlm llm({.token_delay = Millis(10)}, runtime.executor, runtime.timers, runtime.clock);
    ASSERT_TRUE(llm.submit(call));
    runtime.run_until_idle();
  }
  ASSERT_TRUE(call->done());
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace parley::model
