// SPDX-License-Identifier: Apache-2.0
//
// llama.cpp's side of the interfaces, with the real SmolLM2 and the real grammar engine.
#include "backend/llama/llama_model.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "backend/llama/json_grammar.h"
#include "backend/llama/llama_context.h"
#include "backend/llama/llama_log.h"
#include "tests/backend/llama/gbnf.h"
#include "tests/backend/llama/smollm2.h"

namespace parley::backend {
namespace {

class RealModel : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(smollm2_path())) {
      GTEST_SKIP() << smollm2_path() << " is missing: run tools/deps";
    }
    auto loaded = LlamaModel::load(smollm2_path());
    ASSERT_TRUE(loaded) << loaded.error().message;
    model = std::move(*loaded);
    auto made = LlamaContext::make(*model, {.cells = 256, .sequences = 4, .batch_tokens = 64});
    ASSERT_TRUE(made) << made.error().message;
    context = std::move(*made);
  }
  [[nodiscard]] std::vector<Token> tokens_of(const std::string& text) const {
    std::vector<Token> tokens;
    model->append_plain(text, tokens);
    return tokens;
  }
  [[nodiscard]] std::string text_of(const std::vector<Token>& tokens) const {
    std::string text;
    for (const Token token : tokens) model->append_piece(token, text);
    return text;
  }
  /// Feeds a text to a grammar, token by token: how far does it let it come?
  [[nodiscard]] bool accepts(const std::string& grammar, const std::string& text) const {
    const std::unique_ptr<TokenGate> gate = context->make_gate(grammar);
    if (gate == nullptr) return false;
    std::vector<bool> allowed;
    for (const Token token : tokens_of(text)) {
      gate->test(std::span(&token, 1), allowed);
      if (!allowed[0]) return false;
      gate->accept(token);
    }
    std::vector<Token> end;
    model->append_markup("<|im_end|>", end);
    gate->test(end, allowed);
    return allowed[0];
  }

  std::unique_ptr<LlamaModel> model;
  std::unique_ptr<LlamaContext> context;
};

TEST_F(RealModel, KeepsPlainTextAndMarkupApart) {
  std::vector<Token> markup;
  model->append_markup("<|im_end|>", markup);
  ASSERT_EQ(markup.size(), 1U);
  EXPECT_TRUE(model->ends_turn(markup[0]));
  const std::vector<Token> plain = tokens_of("<|im_end|>");
  EXPECT_GT(plain.size(), 3U);
  EXPECT_TRUE(std::none_of(plain.begin(), plain.end(),
                           [&](Token token) { return model->ends_turn(token); }));
  EXPECT_EQ(text_of(plain), "<|im_end|>");
  EXPECT_EQ(text_of(tokens_of("caf\xC3\xA9 \xF0\x9F\x98\x80\n")), "caf\xC3\xA9 \xF0\x9F\x98\x80\n");
  EXPECT_TRUE(tokens_of("").empty());
}

TEST_F(RealModel, KnowsItsTemplateAndName) {
  EXPECT_FALSE(model->template_engine()) << "ChatML, which we write ourselves";
  EXPECT_FALSE(model->name().empty());
  EXPECT_EQ(model->context_tokens(), 8192);
}

TEST_F(RealModel, ComputesTheSameInASharedCopy) {
  const std::vector<Token> prompt = tokens_of("The capital of France is");
  const auto never = [] { return false; };
  std::vector<BatchEntry> batch;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    batch.push_back({prompt[i], static_cast<std::int32_t>(i), 0, i + 1 == prompt.size()});
  }
  ASSERT_EQ(context->decode(batch, never), SequenceDecoder::Outcome::done);
  const auto best = [](std::span<float> logits) {
    return std::max_element(logits.begin(), logits.end()) - logits.begin();
  };
  const auto first = best(context->logits(prompt.size() - 1));
  context->copy(0, 1, 0, prompt.size() - 1);
  const BatchEntry last{prompt.back(), static_cast<std::int32_t>(prompt.size()) - 1, 1, true};
  ASSERT_EQ(context->decode(std::span(&last, 1), never), SequenceDecoder::Outcome::done);
  EXPECT_EQ(best(context->logits(0)), first);
}

TEST_F(RealModel, SaysThatThePoolIsFullAndGoesOnAfterwards) {
  const auto never = [] { return false; };
  std::vector<BatchEntry> batch;
  SequenceDecoder::Outcome outcome = SequenceDecoder::Outcome::done;
  std::int32_t position = 0;
  while (outcome == SequenceDecoder::Outcome::done && position < 1000) {
    batch.clear();
    for (int i = 0; i < 32; ++i) batch.push_back({5, position + i, 0, false});
    outcome = context->decode(batch, never);
    position += 32;
  }
  EXPECT_EQ(outcome, SequenceDecoder::Outcome::full);
  context->remove(0, 64);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].position = 64 + static_cast<std::int32_t>(i);
  }
  EXPECT_EQ(context->decode(batch, never), SequenceDecoder::Outcome::done);
}

TEST_F(RealModel, StopsAComputation) {
  const LlamaErrors errors;
  const BatchEntry entry{5, 0, 0, true};
  EXPECT_EQ(context->decode(std::span(&entry, 1), [] { return true; }),
            SequenceDecoder::Outcome::aborted);
  EXPECT_FALSE(errors.text().empty()) << "llama.cpp complains; that is kept from the terminal";
  context->remove(0, 0);
  EXPECT_EQ(context->decode(std::span(&entry, 1), [] { return false; }),
            SequenceDecoder::Outcome::done);
}

TEST_F(RealModel, UnderstandsOurGrammars) {
  const std::string schema =
      R"({"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["c","f","\u00b0"]},)"
      R"("days":{"type":"integer","minimum":-3,"maximum":112},"exact":{"type":["boolean","null"]},)"
      R"("points":{"type":"array","maxItems":3,"minItems":1,"items":{"$ref":"#/$defs/point"}},)"
      R"("any":{},"short":{"type":"string","maxLength":0}},"required":["city","days"],)"
      R"("$defs":{"point":{"type":"object","properties":{"lat":{"type":"number"},)"
      R"("next":{"$ref":"#/$defs/point"}},"required":["lat"]}}})";
  for (const std::string& grammar :
       {grammar_of_arguments(schema), grammar_of_any_object(), grammar_of_arguments("")}) {
    const Gbnf reader(grammar);
    Random random(42);
    for (int i = 0; i < 40; ++i) {
      const std::string text = reader.sentence(random);
      EXPECT_TRUE(accepts(grammar, text)) << text;
      EXPECT_FALSE(accepts(grammar, text + "x")) << text;
      EXPECT_FALSE(accepts(grammar, text.substr(0, text.size() - 1))) << text;
    }
  }
}

TEST_F(RealModel, RefusesAGrammarWithoutEnd) {
  const std::string nothing =
      R"({"type":"object","properties":{"t":{"$ref":"#/$defs/n"}},"required":["t"],)"
      R"("$defs":{"n":{"$ref":"#/$defs/n"}}})";
  EXPECT_EQ(context->make_gate(grammar_of_arguments(nothing)), nullptr);
  EXPECT_EQ(context->make_gate("root ::= ("), nullptr);
}

}  // namespace
}  // namespace parley::backend
