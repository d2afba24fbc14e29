// SPDX-License-Identifier: Apache-2.0
#include "operators/audio/resample_operator.h"

#include <utility>

#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

namespace {

// The rest of the old rate may come before a frame of the new one.
constexpr std::size_t kFramesPerFrame = 2;

}  // namespace

Result<Progress> ResampleOperator::process(graph::ProcessContext&) {
  while (last_ || in_.peek() != nullptr) {
    if (!out_.has_room(last_ ? 1 : kFramesPerFrame)) return Progress::blocked;
    if (last_) {
      // What is last ends with all that was heard.
      if (!flush()) push(*std::exchange(last_, std::nullopt));
      continue;
    }
    media::AudioFrame frame = in_.pop();
    if (frame.format.rate != input_rate_) {
      flush();
      PARLEY_TRY_STATUS(adapt(frame.format.rate));
    }
    if (resampler_) {
      frame.samples = resample(frame.samples.floats());
      frame.format.rate = rate_;
    }
    if (resampler_ && frame.head.is_last) {
      last_ = frame;
      last_->samples = {};
      frame.head.is_last = false;
    }
    // A very short frame may stay inside the filter as a whole.
    if (!resampler_ || frame.samples.size() > 0) push(std::move(frame));
    // A clause that was spoken before comes all at once: its first part need not wait for the rest.
    if (last_ || in_.peek() != nullptr) return Progress::more_output;
  }
  return Progress::need_input;
}

media::BufferRef ResampleOperator::resample(std::span<const float> samples) {
  const std::size_t count = resampler_->output_size(samples.size());
  if (count == 0) {
    resampler_->process(samples, {});
    return {};
  }
  media::BufferRef resampled = buffers_.take_floats(count);
  resampler_->process(samples, resampled.writable_floats());
  media::note_copied(resampled.size());
  return resampled;
}

bool ResampleOperator::flush() {
  const std::size_t count = resampler_ ? resampler_->flush_size() : 0;
  if (count == 0) return false;
  media::AudioFrame frame;
  frame.format = {.rate = rate_, .channels = 1};
  frame.samples = buffers_.take_floats(count);
  resampler_->flush(frame.samples.writable_floats());
  push(std::move(frame));
  return true;
}

void ResampleOperator::push(media::AudioFrame frame) {
  const auto samples = static_cast<std::int64_t>(frame.samples.size() / sizeof(float));
  frame.head.pts = clock_;
  frame.head.duration = MediaTime::from_samples(samples, rate_);
  clock_ += frame.head.duration;
  out_.push(std::move(frame));
}

Status ResampleOperator::adapt(int input_rate) {
  resampler_.reset();
  if (input_rate != rate_) {
    PARLEY_TRY(resampler_, dsp::Resampler::make(input_rate, rate_));
  }
  input_rate_ = input_rate;
  return {};
}

}  // namespace parley::operators
