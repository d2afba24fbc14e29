// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/tts_operator.h"

#include <utility>

namespace parley::operators {

namespace {

using graph::Progress;
using media::MediaTime;

constexpr Millis kRetry{10};  // after the host's queue was full

}  // namespace

Result<Progress> TtsOperator::process(graph::ProcessContext& context) {
  while (true) {
    if (!audio_.has_room() || !spoken_.has_room()) return Progress::blocked;
    if (call_) {
      if (!submitted_) {
        call_->begin(context.waker(), context.now() + clock_.nanos());
        submitted_ = host_.submit(call_);
        if (!submitted_) {
          context.wake_at(context.now() + kRetry);
          return Progress::need_input;
        }
      }
      if (!call_->done()) return Progress::need_input;  // the host wakes us
      deliver(context);
      continue;  // it used room: what follows asks for room again
    }
    if (clauses_.peek() == nullptr) return Progress::need_input;
    media::TextDelta clause = clauses_.pop();
    if (clause.head.turn != turn_) {
      turn_ = clause.head.turn;
      clock_ = {};
      clause_index_ = 0;
    }
    if (!clause.text.empty())
      prepare(std::move(clause));
    else if (clause.head.is_last)
      finish_reply(clause.head.turn);
  }
}

void TtsOperator::prepare(media::TextDelta clause) {
  call_ = std::make_shared<model::TtsCall>();
  call_->text = std::move(clause.text);
  call_->voice = settings_.voice;
  call_->speed = settings_.speed;
  // Each clause of a reply draws its own noise, or all would breathe alike.
  call_->seed = settings_.seed + clause_index_++;
  submitted_ = false;
}

void TtsOperator::deliver(graph::ProcessContext& context) {
  const std::shared_ptr<model::TtsCall> call = std::exchange(call_, nullptr);
  submitted_ = false;
  if (!call->status) {
    context.report(call->status.error().with_context("clause '" + call->text + "'"));
    return;
  }
  const auto samples = static_cast<std::int64_t>(call->audio.size() / sizeof(float));
  media::AudioFrame frame;
  frame.head.turn = turn_;
  frame.head.pts = clock_;
  frame.head.duration = MediaTime::from_samples(samples, host_.rate());
  frame.format = {.rate = host_.rate(), .channels = 1};
  frame.samples = std::move(call->audio);
  media::TextDelta spoken;
  spoken.head = frame.head;
  spoken.text = std::move(call->text);
  spoken.words = std::move(call->words);
  clock_ += frame.head.duration;
  audio_.push(std::move(frame));
  spoken_.push(std::move(spoken));
}

void TtsOperator::finish_reply(media::Turn turn) {
  media::AudioFrame last;
  last.head.turn = turn;
  last.head.pts = clock_;
  last.head.is_last = true;
  last.format = {.rate = host_.rate(), .channels = 1};
  audio_.push(std::move(last));
}

void TtsOperator::on_turn(media::Turn now) noexcept {
  if (turn_ < now) forget();
}

void TtsOperator::close() noexcept { forget(); }

void TtsOperator::forget() noexcept {
  if (call_ && submitted_ && !call_->done()) call_->cancel();
  call_.reset();
  submitted_ = false;
}

}  // namespace parley::operators
