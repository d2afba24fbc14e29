// SPDX-License-Identifier: Apache-2.0
//
// Streams one generation at a time into the graph.
//   out  text   TextDelta, as the model says it; the last one has `is_last` (its text may be empty)
//   out  calls  ToolCall fragments; the last one of a call has `is_last`
//   out  ends   GenerationEnd, after everything else of the generation
// `head.sequence` counts over text and calls together: the order in which the model said them.
// Prompts come by `generate`, from the agent on the same strand: a prompt is built from the whole
// conversation, which no port could carry. When the turn moves on, the generation is cancelled: the
// model stops within a token.
// Threads: strand (the generation: LLM host).  Allocates: text only.
#pragma once

#include <memory>

#include "graph/operator.h"
#include "graph/port.h"
#include "model/llm_model.h"

namespace parley::operators {

class LlmOperator : public graph::Operator {
 public:
  explicit LlmOperator(model::LlmHost& host) : host_(host) {}

  /// Starts with the next run. `call` has its inputs set and is not submitted. A generation that
  /// still runs is cancelled and forgotten.
  void generate(std::shared_ptr<model::LlmCall> call, media::Turn turn);
  [[nodiscard]] bool busy() const { return call_ != nullptr; }
  [[nodiscard]] bool is_busy() const noexcept override { return busy(); }

  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void on_turn(media::Turn now) noexcept override;
  void close() noexcept override;

 private:
  void forward(model::LlmDelta delta);
  void end_tool_call();
  media::FrameHeader next_head();
  void finish();
  void forget() noexcept;

  graph::Out<media::TextDelta> text_{*this, "text"};
  graph::Out<media::ToolCall> calls_{*this, "calls"};
  graph::Out<media::GenerationEnd> ends_{*this, "ends"};
  model::LlmHost& host_;
  // Shared with the host while it runs, since the session may end first.
  std::shared_ptr<model::LlmCall> call_;
  media::Turn turn_;
  std::uint64_t sequence_ = 0;
  bool submitted_ = false;
  bool in_tool_call_ = false;
};

}  // namespace parley::operators
