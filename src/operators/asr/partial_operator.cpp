// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/partial_operator.h"

#include <span>
#include <utility>

#include "codec/pcm16.h"
#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;
using media::TurnEvent;

PartialOperator::PartialOperator(model::AsrHost& host, const InputBuffer& buffer,
                                 const PartialSettings& settings, Counter& left_out)
    : host_(host), buffer_(buffer), settings_(settings), left_out_(left_out) {}

Result<Progress> PartialOperator::process(graph::ProcessContext& context) {
  while (events_.peek() != nullptr) hear(events_.pop());
  while (speech_.peek() != nullptr) {
    const media::SpeechEvent window = speech_.pop();
    heard_ = window.head.pts + window.head.duration;
  }
  if (!is_open_) return Progress::need_input;
  if (call_ != nullptr && call_->done()) {
    if (!partials_.has_room()) return Progress::blocked;
    take_answer();
  }
  const bool is_due = heard_ >= due_ || (is_owed_ && call_ == nullptr);
  if (!is_paused_ && interval() > MediaTime() && is_due) ask(context);
  return Progress::need_input;
}

void PartialOperator::hear(const TurnEvent& event) {
  switch (event.kind) {
    case TurnEvent::Kind::started:
      forget();
      is_open_ = true;
      utterance_ = event.utterance;
      begin_ = window_ = event.audio_begin;
      due_ = event.head.pts + interval();
      break;
    case TurnEvent::Kind::paused:
      is_paused_ = true;
      break;
    case TurnEvent::Kind::resumed:
      is_paused_ = false;
      break;
    case TurnEvent::Kind::ended:
    case TurnEvent::Kind::cleared:
      forget();
      break;
  }
}

MediaTime PartialOperator::interval() const {
  return MediaTime::from_ms(host_.optional_interval(settings_.interval).count());
}

void PartialOperator::ask(graph::ProcessContext& context) {
  due_ = heard_ + interval();
  is_owed_ = call_ != nullptr;
  if (is_owed_) {
    left_out_.add();
    return;
  }
  const std::span<const std::int16_t> audio = buffer_.range(window_, heard_);
  // More than the model bears, and no words' times to cut it by: the final will tell.
  if (audio.empty() || audio.size() > host_.samples_max()) {
    left_out_.add();
    return;
  }
  auto call = std::make_shared<model::AsrCall>();
  call->language = settings_.language;
  call->hints = settings_.hints;
  call->is_optional = true;
  call->owner = settings_.owner;
  call->hypothesis = std::move(hypothesis_);
  call->audio.resize(audio.size());
  codec::pcm16_to_float(audio, call->audio);
  media::note_copied(call->audio.size() * sizeof(float));
  call->begin(context.waker(), context.now());
  if (host_.submit(call)) {
    call_ = std::move(call);
  } else {
    hypothesis_ = std::move(call->hypothesis);
    left_out_.add();
  }
}

void PartialOperator::take_answer() {
  const std::shared_ptr<model::AsrCall> call = std::exchange(call_, nullptr);
  // A partial that failed is one that did not come: the final says what is wrong.
  if (!call->status) {
    left_out_.add();
    return;
  }
  hypothesis_ = std::move(call->hypothesis);
  shown_.add(call->text);
  const bool has_both = !kept_.empty() && !shown_.text().empty();
  media::Transcript partial;
  partial.head.pts = begin_;
  partial.head.duration = heard_ - begin_;
  partial.utterance = utterance_;
  partial.text = kept_ + (has_both ? " " : "") + shown_.text();
  const std::size_t fresh = shown_.stable_bytes();
  partial.stable_bytes = kept_.size() + (fresh > 0 && has_both ? 1 : 0) + fresh;
  partial.language = call->language;
  if (!partial.text.empty()) partials_.push(std::move(partial));
  keep_stable(*call);
}

/// Once the window is long: what is stable is heard no more.
void PartialOperator::keep_stable(const model::AsrCall& call) {
  const MediaTime length =
      MediaTime::from_samples(static_cast<std::int64_t>(call.audio.size()), model::kAsrRate);
  const std::size_t words = shown_.stable_words();
  if (length < kPartialWindowMax || words == 0 || words >= call.words.size()) return;
  window_ += call.words[words - 1].end;
  if (!kept_.empty()) kept_ += ' ';
  kept_ += shown_.text().substr(0, shown_.stable_bytes());
  shown_.clear();
  hypothesis_.clear();
}

void PartialOperator::forget() noexcept {
  if (call_ != nullptr && !call_->done()) call_->cancel();
  call_.reset();
  is_open_ = is_paused_ = is_owed_ = false;
  kept_.clear();
  shown_.clear();
  hypothesis_.clear();
}

}  // namespace parley::operators
