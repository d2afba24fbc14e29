// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/rule_llm.h"

#include <memory>

#include <gtest/gtest.h>

#include "backend/tools/builtin_tools.h"

namespace parley::backend {
namespace {

using model::LlmDelta;
using model::LlmMessage;
using Role = LlmMessage::Role;

/// Says "model" and remembers what it was asked.
class Inner final : public model::LlmHost {
 public:
  explicit Inner(model::LlmPrompt& seen) : seen_(seen) {}
  bool submit(std::shared_ptr<model::LlmCall> call) override {
    seen_ = call->prompt;
    EXPECT_TRUE(call->deltas.try_push({LlmDelta::Kind::text, "model"}));
    call->finish();
    return true;
  }
  void prepare(model::LlmPrompt) override {}
  void forget(std::uint64_t) noexcept override {}
  [[nodiscard]] std::string name() const override { return "inner"; }
  [[nodiscard]] bool is_demonstration() const noexcept override { return true; }

 private:
  model::LlmPrompt& seen_;
};

class Rules : public ::testing::Test {
 protected:
  std::string ask(model::LlmPrompt prompt) {
    auto call = std::make_shared<model::LlmCall>();
    call->prompt = std::move(prompt);
    call->begin({}, Instant::never());
    EXPECT_TRUE(llm.submit(call));
    EXPECT_TRUE(call->done());
    std::string said;
    while (auto delta = call->deltas.try_pop()) {
      said += (delta->kind == LlmDelta::Kind::tool_name ? "call:" : "") + delta->text;
    }
    return said;
  }
  model::LlmPrompt prompt(std::string text) {
    model::LlmPrompt made;
    made.messages = {{.role = Role::system, .text = "Be kind."},
                     {.role = Role::user, .text = std::move(text)}};
    made.tools.assign(tools.tools().begin(), tools.tools().end());
    return made;
  }

  SteadyClock clock;
  BuiltinTools tools{{}, clock};
  model::LlmPrompt seen;
  RuleLlm llm{std::make_unique<Inner>(seen)};
};

TEST_F(Rules, CallsWhatIsAskedFor) {
  EXPECT_EQ(ask(prompt("What time is it?")), R"(call:get_time{"what":"time"})");
  EXPECT_EQ(ask(prompt("How are you?")), "model");
}

TEST_F(Rules, OnlyWhatIsOffered) {
  model::LlmPrompt none = prompt("What time is it?");
  none.tools.clear();
  EXPECT_EQ(ask(none), "model");
  model::LlmPrompt forbidden = prompt("What time is it?");
  forbidden.tool_choice.kind = model::LlmToolChoice::Kind::none;
  EXPECT_EQ(ask(forbidden), "model");
}

TEST_F(Rules, SaysWhatCameOut) {
  model::LlmPrompt after = prompt("What is 17 times 23?");
  after.messages.push_back({.role = Role::assistant, .tool_calls = {{"c", "calculate", "{}"}}});
  after.messages.push_back({.role = Role::tool, .text = "That is 391.", .tool_call_id = "c"});
  EXPECT_EQ(ask(after), "That is 391.");
  after.messages.back().text = R"({"error":{"code":"x"}})";
  EXPECT_EQ(ask(after), "I am sorry, that did not work.");
  after.messages[2].tool_calls[0].name = "lookup";
  EXPECT_EQ(ask(after), "model") << "another's output is the model's to tell";
}

TEST_F(Rules, SaysWhatATimerWantsSaid) {
  model::LlmPrompt ringing = prompt("hello");
  ringing.messages.push_back(
      {.role = Role::system, .text = std::string(kSayPrefix) + "Time is up."});
  EXPECT_EQ(ask(ringing), "Time is up.");
}

TEST_F(Rules, ForcedCallsAreTheModelsAndAmongTheClientsFunctions) {
  model::LlmPrompt forced = prompt("What time is it?");
  forced.tools.insert(forced.tools.begin(), {.name = "weather"});
  forced.tool_choice.kind = model::LlmToolChoice::Kind::required;
  EXPECT_EQ(ask(forced), "model");
  ASSERT_EQ(seen.tools.size(), 1U);
  EXPECT_EQ(seen.tools[0].name, "weather");
  forced.tool_choice = {.kind = model::LlmToolChoice::Kind::function, .function = "set_timer"};
  ask(forced);
  EXPECT_EQ(seen.tools.size(), 2U);
}

}  // namespace
}  // namespace parley::backend
