// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/reply.h"

#include <algorithm>
#include <utility>

#include "backend/llama/json_grammar.h"

namespace parley::backend {
namespace {

using Kind = model::LlmDelta::Kind;

std::string name_grammar(const std::vector<model::LlmTool>& tools) {
  std::string grammar = "root ::= ";
  for (const model::LlmTool& tool : tools) {
    if (&tool != &tools.front()) grammar += " | ";
    grammar += grammar_literal(tool.name + '"');
  }
  return grammar + "\n";
}

}  // namespace

Reply::Reply(model::LlmCall& call, const Vocabulary& vocabulary, std::vector<model::LlmTool> tools,
             ReplyOptions options, MakeGate make_gate)
    : vocabulary_(vocabulary),
      tools_(std::move(tools)),
      options_(std::move(options)),
      make_gate_(std::move(make_gate)),
      writer_(call),
      sampler_(options_.sampler),
      stops_(options_.stops) {
  if (tools_.size() == 1) {
    begin_arguments(tools_.front());
  } else if (tools_.size() > 1) {
    phase_ = Phase::name;
    gate_ = make_gate_(name_grammar(tools_));
  }
}

bool Reply::step(std::span<float> logits, std::vector<Token>& tokens) {
  const Token token = sampler_.choose(logits, output_, gate_.get());
  // The gate allows nothing: the model's vocabulary cannot write what the grammar wants. What there
  // is so far is no complete call.
  if (token < 0) {
    end(Finish::length);
    return true;
  }
  if (vocabulary_.ends_turn(token)) {
    end(phase_ == Phase::text ? Finish::stop : Finish::length);
    return true;
  }
  if (gate_ != nullptr) gate_->accept(token);
  tokens.push_back(token);
  output_.push_back(token);
  ++token_count_;
  switch (phase_) {
    case Phase::text:
      take_text(token);
      break;
    case Phase::name:
      take_name(token, tokens);
      break;
    case Phase::arguments:
      take_arguments(token);
      break;
  }
  if (!is_over_ && token_count_ >= options_.tokens_max) end(Finish::length);
  return is_over_;
}

void Reply::take_text(Token token) {
  std::string bytes;
  vocabulary_.append_piece(token, bytes);
  std::string text;
  characters_.push(bytes, text);
  std::string spoken;
  const bool has_stopped = stops_.push(text, spoken);
  writer_.write(Kind::text, std::move(spoken));
  const bool is_stuck =
      options_.loop_times >= 2 && is_looping(output_, options_.loop_times, options_.loop_tokens);
  if (has_stopped || is_stuck) end(Finish::stop);
}

void Reply::take_name(Token token, std::vector<Token>& tokens) {
  vocabulary_.append_piece(token, name_);
  const auto called = std::find_if(tools_.begin(), tools_.end(), [&](const model::LlmTool& tool) {
    return name_ == tool.name + '"';
  });
  if (called == tools_.end()) return;
  vocabulary_.append_plain(R"(, "arguments":)", tokens);
  begin_arguments(*called);
}

void Reply::begin_arguments(const model::LlmTool& tool) {
  phase_ = Phase::arguments;
  gate_ = make_gate_(grammar_of_arguments(tool.parameters));
  // A schema may be legal and yet no grammar, for example when it refers to nothing but itself.
  if (gate_ == nullptr) gate_ = make_gate_(grammar_of_any_object());
  writer_.write(Kind::tool_name, tool.name);
}

void Reply::take_arguments(Token token) {
  std::string bytes;
  vocabulary_.append_piece(token, bytes);
  std::string text;
  characters_.push(bytes, text);
  if (!has_begun_) {
    const std::size_t begin = text.find_first_not_of(' ');
    text.erase(0, std::min(begin, text.size()));
    has_begun_ = !text.empty();
  }
  const bool is_complete = json_end_.push(text);
  writer_.write(Kind::tool_arguments, std::move(text));
  if (is_complete) end(Finish::tool_call);
}

void Reply::end(Finish finish) {
  if (is_over_) return;
  is_over_ = true;
  finish_ = finish;
  if (phase_ != Phase::text) return;
  std::string rest;
  std::string text;
  characters_.finish(text);
  stops_.push(text, rest);
  stops_.finish(rest);
  writer_.write(Kind::text, std::move(rest));
}

}  // namespace parley::backend
