// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/llm_operator.h"

#include <optional>
#include <utility>

namespace parley::operators {

namespace {

using graph::Progress;
using media::GenerationEnd;
using model::LlmCall;
using model::LlmDelta;

// One delta may close a tool call and open the next; the end adds one frame to each port.
constexpr std::size_t kRoomPerDelta = 2;

GenerationEnd::Reason reason_of(LlmCall::Finish finish) {
  switch (finish) {
    case LlmCall::Finish::stop:
      return GenerationEnd::Reason::stop;
    case LlmCall::Finish::length:
      return GenerationEnd::Reason::length;
    case LlmCall::Finish::tool_call:
      return GenerationEnd::Reason::tool_call;
  }
  return GenerationEnd::Reason::stop;
}

}  // namespace

void LlmOperator::generate(std::shared_ptr<LlmCall> call, media::Turn turn) {
  forget();
  call_ = std::move(call);
  turn_ = turn;
}

Result<Progress> LlmOperator::process(graph::ProcessContext& context) {
  if (!call_) return Progress::need_input;
  if (!submitted_) {
    call_->begin(context.waker(), context.now());
    submitted_ = true;
    if (!host_.submit(call_)) {
      call_->status = Error{ErrorCode::resource_exhausted, "the language model's queue is full"};
      call_->finish();
    }
  }
  // Read before the ring is emptied: what was pushed before `done` is then seen for certain.
  const bool done = call_->done();
  while (true) {
    if (!text_.has_room(kRoomPerDelta) || !calls_.has_room(kRoomPerDelta) || !ends_.has_room()) {
      return Progress::blocked;
    }
    std::optional<LlmDelta> delta = call_->deltas.try_pop();
    if (!delta) break;
    forward(std::move(*delta));
  }
  if (done) finish();
  return Progress::need_input;
}

void LlmOperator::forward(LlmDelta delta) {
  if (delta.kind == LlmDelta::Kind::text) {
    if (in_tool_call_ && !delta.text.empty()) end_tool_call();
    media::TextDelta text;
    text.head = next_head();
    text.text = std::move(delta.text);
    text_.push(std::move(text));
    return;
  }
  media::ToolCall call;
  if (delta.kind == LlmDelta::Kind::tool_name) {
    if (in_tool_call_) end_tool_call();
    in_tool_call_ = true;
    call.name = std::move(delta.text);
  } else {
    call.arguments_delta = std::move(delta.text);
  }
  call.head = next_head();
  calls_.push(std::move(call));
}

void LlmOperator::end_tool_call() {
  media::ToolCall last;
  last.head = next_head();
  last.head.is_last = true;
  calls_.push(std::move(last));
  in_tool_call_ = false;
}

media::FrameHeader LlmOperator::next_head() {
  media::FrameHeader head;
  head.turn = turn_;
  head.sequence = sequence_++;
  return head;
}

void LlmOperator::finish() {
  // A call that the token limit or a failure cut has no last fragment: it is not complete.
  const bool whole = call_->status && call_->finish_reason != LlmCall::Finish::length;
  if (in_tool_call_ && whole) end_tool_call();
  media::TextDelta last;
  last.head = next_head();
  last.head.is_last = true;
  text_.push(std::move(last));

  GenerationEnd end;
  end.head.turn = turn_;
  end.reason = reason_of(call_->finish_reason);
  end.input_tokens = call_->usage.input_tokens;
  end.cached_tokens = call_->usage.cached_tokens;
  end.output_tokens = call_->usage.output_tokens;
  if (!call_->status) {
    end.reason = GenerationEnd::Reason::failed;
    end.error = call_->status.error();
  }
  ends_.push(std::move(end));
  forget();
}

void LlmOperator::on_turn(media::Turn now) noexcept {
  if (call_ && turn_ < now) forget();
}

void LlmOperator::close() noexcept { forget(); }

void LlmOperator::forget() noexcept {
  if (call_ && submitted_ && !call_->done()) call_->cancel();
  call_.reset();
  submitted_ = false;
  in_tool_call_ = false;
}

}  // namespace parley::operators
