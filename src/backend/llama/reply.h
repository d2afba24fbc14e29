// SPDX-License-Identifier: Apache-2.0
//
// The output side of one generation: tokens in, deltas out, and when it is over.
//
// A text reply ends at an end token, a stop string, a loop or the limit of tokens. A forced
// function call goes through two grammars, one after the other: the name (when there is a choice),
// then the arguments of that function; what the JSON around them says is not sampled but given.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/delta_writer.h"
#include "backend/llama/json_end.h"
#include "backend/llama/stop_scanner.h"
#include "backend/llama/token_sampler.h"
#include "backend/llama/vocabulary.h"
#include "backend/utf8_assembler.h"
#include "model/llm_model.h"

namespace parley::backend {

struct ReplyOptions {
  std::int32_t tokens_max = 256;  // of the reply
  std::vector<std::string> stops{};
  SamplerOptions sampler{};
  std::size_t loop_times = 3;   // a run of tokens so often in a row ends the reply; 0: never
  std::size_t loop_tokens = 4;  // shorter runs are no loops ("ha ha ha")
};

class Reply {
 public:
  using MakeGate = std::function<std::unique_ptr<TokenGate>(const std::string& grammar)>;
  using Finish = model::LlmCall::Finish;

  /// `tools`: one of them must be called; empty: a text reply. The call and vocabulary outlive
  /// this.
  Reply(model::LlmCall& call, const Vocabulary& vocabulary, std::vector<model::LlmTool> tools,
        ReplyOptions options, MakeGate make_gate);

  /// Chooses the next token. `tokens` is the prompt and all output so far; the token and what is
  /// given after it are appended. True when the reply is over: `finish()` says how.
  bool step(std::span<float> logits, std::vector<Token>& tokens);
  /// Ends it from outside: the context is used up.
  void cut() { end(Finish::length); }

  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  [[nodiscard]] Finish finish() const noexcept { return finish_; }
  [[nodiscard]] std::int32_t token_count() const noexcept { return token_count_; }
  [[nodiscard]] DeltaWriter& writer() noexcept { return writer_; }

 private:
  enum class Phase : std::uint8_t { text, name, arguments };

  void take_text(Token token);
  void take_name(Token token, std::vector<Token>& tokens);
  void take_arguments(Token token);
  void begin_arguments(const model::LlmTool& tool);
  void end(Finish finish);

  const Vocabulary& vocabulary_;
  const std::vector<model::LlmTool> tools_;
  const ReplyOptions options_;
  const MakeGate make_gate_;
  DeltaWriter writer_;
  TokenSampler sampler_;
  StopScanner stops_;
  Utf8Assembler characters_;
  JsonEnd json_end_;
  std::unique_ptr<TokenGate> gate_;
  std::vector<Token> output_;
  std::string name_;
  std::int32_t token_count_ = 0;
  Phase phase_ = Phase::text;
  Finish finish_ = Finish::stop;
  bool has_begun_ = false;  // the arguments, after their leading blank
  bool is_over_ = false;
};

}  // namespace parley::backend
