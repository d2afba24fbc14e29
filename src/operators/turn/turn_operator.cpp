// SPDX-License-Identifier: Apache-2.0
#include "operators/turn/turn_operator.h"

#include <algorithm>

namespace parley::operators {

namespace {

using graph::Progress;
using media::MediaTime;
using media::TurnEvent;

// A window can emit at most: resumed or paused, and ended.
constexpr std::size_t kEventsPerWindow = 2;

class SilenceDetector final : public model::TurnDetector {
 public:
  explicit SilenceDetector(const TurnSettings& settings) : settings_(settings) {}
  model::TurnVerdict judge(const model::TurnQuery& query, const exec::Waker& /*waker*/,
                           Instant /*now*/) noexcept override {
    return query.silence >= MediaTime::from_ms(settings_.silence.count())
               ? model::TurnVerdict::done
               : model::TurnVerdict::open;
  }

 private:
  const TurnSettings& settings_;
};

}  // namespace

std::unique_ptr<model::TurnDetector> make_silence_detector(const TurnSettings& settings) {
  return std::make_unique<SilenceDetector>(settings);
}

TurnOperator::TurnOperator(const TurnSettings& settings, InputBuffer& buffer,
                           std::unique_ptr<model::TurnDetector> detector)
    : settings_(settings), buffer_(buffer), detector_(std::move(detector)) {}

Result<Progress> TurnOperator::process(graph::ProcessContext& context) {
  while (audio_.peek() != nullptr) {
    const media::AudioFrame frame = audio_.pop();
    buffer_.append(frame.head.pts, frame.samples.floats());
  }
  while (undecided_ || speech_.peek() != nullptr) {
    if (!events_.has_room(kEventsPerWindow)) return Progress::blocked;
    if (undecided_) {
      if (!decide(context)) return Progress::need_input;  // the model wakes us
      continue;
    }
    hear(speech_.pop(), context);
  }
  return Progress::need_input;
}

void TurnOperator::hear(const media::SpeechEvent& window, graph::ProcessContext& context) {
  const MediaTime begin = window.head.pts;
  const MediaTime end = begin + window.head.duration;
  heard_ = end;
  // The detector is behind the audio: what was committed or cleared meanwhile is nobody's speech.
  if (state_ == State::silent && begin < free_from_) {
    speech_windows_ = 0;
    return;
  }
  if (!window.is_speech) {
    speech_windows_ = 0;
    if (state_ != State::silent && settings_.detect) hear_silence(end, context);
    return;
  }
  if (state_ == State::silent) {
    if (speech_windows_ == 0) candidate_ = begin;
    ++speech_windows_;
    if (speech_windows_ < kStartWindows) return;
    state_ = State::speaking;
    speech_start_ = candidate_;
    const MediaTime padding = MediaTime::from_ms(settings_.prefix_padding.count());
    audio_begin_ = std::max({speech_start_ - padding, free_from_, buffer_.begin()});
    is_by_hand_ = !settings_.detect;
    ++utterance_.value;
    emit(TurnEvent::Kind::started, speech_start_, end);
  } else if (state_ == State::paused) {
    state_ = State::speaking;
    emit(TurnEvent::Kind::resumed, end, end);
  }
  if (speech_end_ < begin) detector_->forget();  // a silence is over
  speech_end_ = end;
  if (end - speech_start_ >= kUtteranceMax && settings_.detect) this->end(end, end);
}

void TurnOperator::hear_silence(MediaTime now, graph::ProcessContext& context) {
  if (now - speech_start_ >= kUtteranceMax) {
    end(now, speech_end_);
    return;
  }
  undecided_ = now;
  if (!decide(context)) hear_pause(now);  // recognition and the detector work side by side
}

bool TurnOperator::decide(graph::ProcessContext& context) {
  const MediaTime now = *undecided_;
  switch (detector_->judge(
      {.silence = now - speech_end_, .speech = speech_end_ - speech_start_, .now = now},
      context.waker(), context.now())) {
    case model::TurnVerdict::thinking:
      return false;
    case model::TurnVerdict::done:
      end(now, speech_end_);
      return true;
    case model::TurnVerdict::open:
      undecided_.reset();
      hear_pause(now);
      return true;
  }
  return true;
}

void TurnOperator::hear_pause(MediaTime now) {
  const MediaTime silence = now - speech_end_;
  if (state_ == State::speaking &&
      silence >= MediaTime::from_ms(settings_.early_recognition.count())) {
    state_ = State::paused;
    emit(TurnEvent::Kind::paused, now, speech_end_);
  }
}

media::UtteranceId TurnOperator::commit() {
  const MediaTime at = buffer_.end();
  if (state_ == State::silent) ++utterance_.value;
  if (state_ == State::silent || is_by_hand_) {
    audio_begin_ = std::max(free_from_, buffer_.begin());
    speech_start_ = audio_begin_;
  }
  end(at, at);
  return utterance_;
}

void TurnOperator::clear(MediaTime appended) {
  const bool was_open = state_ != State::silent;
  state_ = State::silent;
  is_by_hand_ = false;
  undecided_.reset();
  detector_->forget();
  speech_windows_ = 0;
  free_from_ = std::max(appended, buffer_.end());
  if (was_open) emit(TurnEvent::Kind::cleared, free_from_, speech_end_);
}

MediaTime TurnOperator::buffered() const {
  const bool is_open = state_ != State::silent;
  if (is_open && !is_by_hand_) return buffer_.end() - std::max(audio_begin_, buffer_.begin());
  if (!is_open && settings_.detect) return {};
  return buffer_.end() - std::min(buffer_.end(), std::max(free_from_, buffer_.begin()));
}

void TurnOperator::trim() {
  if (state_ != State::silent) return;
  if (!settings_.detect) {
    buffer_.discard_before(free_from_);
    return;
  }
  // Not what came last counts but how far the detector is: a client may send a whole recording at
  // once, and its audio is in the buffer long before it has been heard.
  const MediaTime start = speech_windows_ > 0 ? candidate_ : heard_;
  buffer_.discard_before(start - MediaTime::from_ms(settings_.prefix_padding.count()));
}

void TurnOperator::end(MediaTime at, MediaTime speech_end) {
  state_ = State::silent;
  is_by_hand_ = false;
  undecided_.reset();
  detector_->forget();
  speech_windows_ = 0;
  free_from_ = at;
  emit(TurnEvent::Kind::ended, at, speech_end);
}

void TurnOperator::emit(TurnEvent::Kind kind, MediaTime at, MediaTime speech_end) {
  TurnEvent event;
  event.head.pts = at;
  event.kind = kind;
  event.utterance = utterance_;
  event.audio_begin = audio_begin_;
  event.speech_end = speech_end;
  events_.push(std::move(event));
}

}  // namespace parley::operators
