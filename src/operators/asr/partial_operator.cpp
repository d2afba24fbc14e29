// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/partial_operator.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "codec/pcm16.h"
#include "media/copy_count.h"
#include "operators/asr/spoken_words.h"

namespace parley::operators {

Counter& partials_left_out(Metrics& metrics, std::string_view face) {
  return metrics.counter("parley_asr_partials_left_out_total",
                         "Partials that were not made: others went first",
                         {{"face", std::string(face)}});
}

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
    if (window.is_speech) spoken_ = heard_;
  }
  if (!is_open_) return Progress::need_input;
  if (call_ != nullptr && call_->done()) {
    if (!partials_.has_room()) return Progress::blocked;
    take_answer();
  }
  if (heard_ - spoken_ > kPartialSilenceMax && !is_paused_) {
    if (!partials_.has_room()) return Progress::blocked;
    if (call_ == nullptr) skip_silence();
    return Progress::need_input;
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
      spoken_ = std::max(spoken_, event.head.pts);
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
  const std::size_t fresh = shown_.stable_bytes();
  tell(kept_ + (has_both ? " " : "") + shown_.text(),
       kept_.size() + (fresh > 0 && has_both ? 1 : 0) + fresh, call->language);
  keep_stable(*call);
}

void PartialOperator::tell(std::string text, std::size_t stable_bytes, std::string language) {
  if (text.empty()) return;
  media::Transcript partial;
  partial.head.pts = begin_;
  partial.head.duration = heard_ - begin_;
  partial.utterance = utterance_;
  partial.text = std::move(text);
  partial.stable_bytes = stable_bytes;
  partial.language = std::move(language);
  partials_.push(std::move(partial));
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

/// What was said before it was understood as well as it will be.
void PartialOperator::skip_silence() {
  is_owed_ = false;
  window_ = std::max(window_, heard_ - kPartialPadding);
  hypothesis_.clear();
  const std::vector<SpokenWord> words = spoken_words(shown_.text());
  if (words.empty()) return shown_.clear();
  if (!kept_.empty()) kept_ += ' ';
  kept_ += shown_.text().substr(0, words.back().end);
  shown_.clear();
  tell(kept_, kept_.size(), settings_.language);
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
