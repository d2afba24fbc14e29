// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/llm_operator.h"

#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "model/fakes/fake_llm.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using namespace std::chrono_literals;
using media::GenerationEnd;
using media::TextDelta;
using media::ToolCall;

/// Needs the harness's runtime, which needs the operator, which needs the host: hence the pointer.
class LateHost final : public model::LlmHost {
 public:
  bool submit(std::shared_ptr<model::LlmCall> call) override { return host->submit(call); }
  void prepare(model::LlmPrompt prompt) override { host->prepare(std::move(prompt)); }
  void forget(std::uint64_t session) noexcept override { host->forget(session); }
  [[nodiscard]] std::string name() const override { return host->name(); }
  std::unique_ptr<model::FakeLlm> host;
};

class LlmOperatorTest : public ::testing::Test {
 protected:
  LlmOperatorTest() : harness_(std::make_unique<LlmOperator>(host_)) {
    EXPECT_TRUE(harness_.open());
    harness_.set_turn({1});
  }
  ~LlmOperatorTest() override {
    // The host runs on the harness's runtime and has to go first.
    harness_.close();
    host_.host.reset();
  }
  void use(model::FakeLlmOptions options) {
    auto& runtime = harness_.runtime;
    host_.host = std::make_unique<model::FakeLlm>(std::move(options), runtime.executor,
                                                  runtime.timers, runtime.clock);
  }
  std::shared_ptr<model::LlmCall> generate(std::uint64_t turn = 1) {
    auto call = std::make_shared<model::LlmCall>();
    call->prompt.messages.push_back({.text = "hi"});
    call->prompt.tools.push_back({.name = "weather"});
    harness_.as<LlmOperator>().generate(call, {turn});
    harness_.run();
    return call;
  }
  std::string text() {
    std::string all;
    for (const TextDelta& delta : harness_.read<TextDelta>("text")) all += delta.text;
    return all;
  }

  LateHost host_;
  test::OperatorHarness harness_;
};

TEST_F(LlmOperatorTest, StreamsTheTextAndSaysHowItEnded) {
  use({.replies = {{.text = "one two three"}}, .token_delay = 10ms});
  generate();
  harness_.advance(1s);
  EXPECT_EQ(text(), "one two three");
  const GenerationEnd end = harness_.read_one<GenerationEnd>("ends");
  EXPECT_EQ(end.reason, GenerationEnd::Reason::stop);
  EXPECT_GT(end.output_tokens, 0);
  EXPECT_FALSE(harness_.as<LlmOperator>().busy());
}

TEST_F(LlmOperatorTest, CancelsWhenTheTurnMovesOn) {
  use({.replies = {{.text = "a b c d e f g h"}}, .token_delay = 10ms});
  const std::shared_ptr<model::LlmCall> call = generate();
  harness_.advance(25ms);
  harness_.set_turn({2});
  EXPECT_TRUE(call->cancelled());
  harness_.advance(1s);
  EXPECT_TRUE(text().empty()) << "text of the old turn is stale";
  EXPECT_TRUE(harness_.read<GenerationEnd>("ends").empty());
}

TEST_F(LlmOperatorTest, CutsAFunctionCallIntoFragmentsWithAnEnd) {
  use({.replies = {{.tool = "weather", .arguments = R"({"city":"Rome"})"}}});
  generate();
  harness_.advance(1s);
  const std::vector<ToolCall> calls = harness_.read<ToolCall>("calls");
  ASSERT_GE(calls.size(), 3U);
  EXPECT_EQ(calls.front().name, "weather");
  EXPECT_TRUE(calls.back().head.is_last);
  std::string arguments;
  for (const ToolCall& call : calls) arguments += call.arguments_delta;
  EXPECT_EQ(arguments, R"({"city":"Rome"})");
}

TEST_F(LlmOperatorTest, AFullHostIsAFailedGeneration) {
  use({.generations_max = 0});
  generate();
  const GenerationEnd end = harness_.read_one<GenerationEnd>("ends");
  EXPECT_EQ(end.reason, GenerationEnd::Reason::failed);
  EXPECT_EQ(end.error.code, ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace parley::operators
