// SPDX-License-Identifier: Apache-2.0
#include "operators/vad/vad_operator.h"

#include <algorithm>

#include "media/copy_count.h"

namespace parley::operators {

namespace {

using graph::Progress;
using media::MediaTime;

// A speaker's voice dips below the threshold between syllables; Silero's own iterator ends speech
// 0.15 below the threshold that starts it (silero-vad, utils_vad.py).
constexpr float kHysteresis = 0.15F;
// Silero gives digital silence up to about 0.03, so a client's threshold of 0 must not hear it.
constexpr float kThresholdMin = 0.05F;
constexpr float kThresholdMax = 0.98F;
// How soon a window is offered again after the host's queue was full.
constexpr Millis kRetry{4};

}  // namespace

VadOperator::VadOperator(model::VadHost& host, const TurnSettings& settings)
    : host_(host), settings_(settings), call_(std::make_shared<model::VadCall>()) {}

Result<Progress> VadOperator::process(graph::ProcessContext& context) {
  if (!settings_.detect && !settings_.follows) {
    reset();
    while (audio_.peek() != nullptr) static_cast<void>(audio_.pop());
    return Progress::need_input;
  }
  while (true) {
    if (submitted_) {
      if (!call_->done()) return Progress::need_input;  // the host wakes us
      if (!discard_ && !speech_.has_room()) return Progress::blocked;
      submitted_ = false;
      if (discard_) {
        discard_ = false;
        call_->state = {};
      } else if (!call_->status) {
        context.report(call_->status.error());
        // Nobody knows what it was. Taken for silence it costs a turn 32 ms, while a turn that
        // waits for a detector that keeps failing would never end.
        call_->state = {};
        report(0.0F);
      } else {
        report(call_->probability);
      }
      clear_window();
    }
    if (!fill_window()) return Progress::need_input;
    call_->begin(context.waker(), context.now());
    if (!host_.submit(call_)) {
      context.wake_at(context.now() + kRetry);
      return Progress::need_input;
    }
    submitted_ = true;
  }
}

bool VadOperator::fill_window() {
  while (filled_ < model::kVadWindowSamples) {
    const media::AudioFrame* frame = audio_.peek();
    if (frame == nullptr) return false;
    const std::span<const float> samples = frame->samples.floats();
    if (filled_ == 0) {
      window_start_ =
          frame->head.pts +
          MediaTime::from_samples(static_cast<std::int64_t>(frame_offset_), model::kVadRate);
    }
    const std::size_t take =
        std::min(model::kVadWindowSamples - filled_, samples.size() - frame_offset_);
    add_to_window(frame->samples, take);
    filled_ += take;
    frame_offset_ += take;
    if (frame_offset_ == samples.size()) {
      static_cast<void>(audio_.pop());
      frame_offset_ = 0;
    }
  }
  return true;
}

void VadOperator::add_to_window(const media::BufferRef& samples, std::size_t count) {
  const bool may_slice = !call_->slices.empty() || filled_ == 0;
  if (may_slice &&
      call_->slices.add(samples.slice(frame_offset_ * sizeof(float), count * sizeof(float)))) {
    return;
  }
  // Frames of less than 4 ms: too many to refer to.
  if (!call_->slices.empty()) {
    call_->slices.copy_to(call_->window);
    call_->slices.clear();
    media::note_copied(filled_ * sizeof(float));
  }
  std::copy_n(samples.floats().begin() + static_cast<std::ptrdiff_t>(frame_offset_), count,
              call_->window.begin() + static_cast<std::ptrdiff_t>(filled_));
  media::note_copied(count * sizeof(float));
}

void VadOperator::clear_window() noexcept {
  filled_ = 0;
  call_->slices.clear();
}

void VadOperator::report(float probability) {
  const float start = std::clamp(settings_.threshold, kThresholdMin, kThresholdMax);
  const float stop = std::max(start - kHysteresis, kThresholdMin);
  was_speech_ = probability >= (was_speech_ ? stop : start);
  media::SpeechEvent event;
  event.head.pts = window_start_;
  event.head.duration = MediaTime::from_samples(model::kVadWindowSamples, model::kVadRate);
  event.probability = probability;
  event.is_speech = was_speech_;
  speech_.push(std::move(event));
}

void VadOperator::reset() {
  was_speech_ = false;
  filled_ = 0;
  frame_offset_ = 0;
  if (submitted_ && !call_->done()) {
    discard_ = true;  // the host still owns the call; its state is cleared when it comes back
    return;
  }
  submitted_ = false;
  discard_ = false;
  clear_window();
  call_->state = {};
}

void VadOperator::close() noexcept {
  if (submitted_) call_->cancel();
}

}  // namespace parley::operators
