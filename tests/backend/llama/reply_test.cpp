// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/reply.h"

#include <gtest/gtest.h>

#include "tests/backend/listener.h"
#include "tests/backend/llama/fake_decoder.h"
#include "tests/backend/llama/gbnf.h"

namespace parley::backend {
namespace {

using Finish = model::LlmCall::Finish;

/// Holds the output to a grammar, by trying whether anything could follow: for tests of few rules.
class ScriptGate final : public TokenGate {
 public:
  explicit ScriptGate(std::string script) : script_(std::move(script)) {}
  void test(std::span<const Token> candidates, std::vector<bool>& allowed) override {
    allowed.clear();
    for (const Token token : candidates) {
      allowed.push_back(at_ < script_.size() && token == static_cast<unsigned char>(script_[at_]));
    }
  }
  void accept(Token) override { ++at_; }

 private:
  std::string script_;
  std::size_t at_ = 0;
};

class Replying : public testing::Test {
 protected:
  /// The model says `says`, then ends its turn; gates force the next of `scripts`.
  void run(const std::string& says, std::vector<model::LlmTool> tools, ReplyOptions options) {
    std::size_t gates = 0;
    Reply reply(call, vocabulary, std::move(tools), std::move(options),
                [&](const std::string& grammar) -> std::unique_ptr<TokenGate> {
                  grammars.push_back(grammar);
                  return std::make_unique<ScriptGate>(scripts.at(gates++));
                });
    for (std::size_t i = 0; i < 1000 && !reply.is_over(); ++i) {
      std::vector<float> logits(kFakeVocabulary, 0.0F);
      const Token token =
          i < says.size() ? static_cast<Token>(static_cast<unsigned char>(says[i])) : kEndToken;
      logits[static_cast<std::size_t>(token)] = 9.0F;
      reply.step(logits, tokens);
    }
    finish = reply.finish();
    count = reply.token_count();
    take_deltas(call, outcome);
  }

  FakeVocabulary vocabulary;
  model::LlmCall call;
  std::vector<std::string> scripts;
  std::vector<std::string> grammars;
  std::vector<Token> tokens;
  Outcome outcome;
  Finish finish = Finish::stop;
  std::int32_t count = 0;
};

TEST_F(Replying, PassesTextOnUntilTheTurnEnds) {
  run("caf\xC3\xA9!", {}, {});
  EXPECT_EQ(outcome.text, "caf\xC3\xA9!");
  EXPECT_EQ(finish, Finish::stop);
  EXPECT_EQ(count, 6);
}

TEST_F(Replying, EndsAtAStopString) {
  run("Hello<|im_end|>more", {}, {.stops = {"<|im_end|>"}});
  EXPECT_EQ(outcome.text, "Hello");
  EXPECT_EQ(finish, Finish::stop);
}

TEST_F(Replying, EndsAtTheLimitWithWhatWasHeldBack) {
  run("Hello<|im", {}, {.tokens_max = 9, .stops = {"<|im_end|>"}});
  EXPECT_EQ(outcome.text, "Hello<|im");
  EXPECT_EQ(finish, Finish::length);
}

TEST_F(Replying, EndsALoop) {
  std::string loop;
  for (int i = 0; i < 50; ++i) loop += "I am not. ";
  run(loop, {}, {.tokens_max = 500});
  EXPECT_EQ(outcome.text, "I am not. I am not. I am not. ");
  EXPECT_EQ(finish, Finish::stop);
}

TEST_F(Replying, AsksForTheArgumentsOfTheOnlyTool) {
  scripts = {R"( {"a": 1})"};
  run("", {{"f", "", R"({"type":"object","properties":{"a":{"type":"integer"}}})"}}, {});
  EXPECT_EQ(outcome.tool_name, "f");
  EXPECT_EQ(outcome.tool_arguments, R"({"a": 1})");
  EXPECT_EQ(finish, Finish::tool_call);
  ASSERT_EQ(grammars.size(), 1U);
  EXPECT_TRUE(Gbnf(grammars[0]).matches(R"( {"a": 1})"));
}

TEST_F(Replying, AsksForTheNameFirstWhenThereIsAChoice) {
  scripts = {"beta\"", "{}"};
  run("", {{"alpha", "", ""}, {"beta", "", ""}}, {});
  EXPECT_EQ(outcome.tool_name, "beta");
  EXPECT_EQ(outcome.tool_arguments, "{}");
  EXPECT_EQ(finish, Finish::tool_call);
  ASSERT_EQ(grammars.size(), 2U);
  EXPECT_TRUE(Gbnf(grammars[0]).matches("alpha\""));
  EXPECT_EQ(readable(tokens), R"(beta", "arguments":{})") << "what is given counts as read";
}

TEST_F(Replying, SaysLengthWhenArgumentsAreCut) {
  scripts = {R"({"a": "long"})"};
  run("", {{"f", "", ""}}, {.tokens_max = 6});
  EXPECT_EQ(outcome.tool_arguments, R"({"a": )");
  EXPECT_EQ(finish, Finish::length);
}

TEST_F(Replying, SaysLengthWhenNothingIsAllowed) {
  scripts = {"{"};
  run("", {{"f", "", ""}}, {});
  EXPECT_EQ(finish, Finish::length);
}

}  // namespace
}  // namespace parley::backend
