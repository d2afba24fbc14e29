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
  while (in_.peek() != nullptr) {
    if (!out_.has_room(kFramesPerFrame)) return Progress::blocked;
    media::AudioFrame frame = in_.pop();
    if (frame.format.rate != input_rate_) {
      flush();
      PARLEY_TRY_STATUS(adapt(frame.format.rate));
    }
    if (resampler_) {
      const std::span<const float> samples = frame.samples.floats();
      const std::size_t count = resampler_->output_size(samples.size());
      // A very short frame may stay inside the filter as a whole.
      if (count == 0) {
        resampler_->process(samples, {});
        continue;
      }
      media::BufferRef resampled = buffers_.take_floats(count);
      resampler_->process(samples, resampled.writable_floats());
      media::note_copied(resampled.size());
      frame.samples = std::move(resampled);
      frame.format.rate = rate_;
    }
    push(std::move(frame));
  }
  return Progress::need_input;
}

void ResampleOperator::flush() {
  const std::size_t count = resampler_ ? resampler_->flush_size() : 0;
  if (count == 0) return;
  media::AudioFrame frame;
  frame.format = {.rate = rate_, .channels = 1};
  frame.samples = buffers_.take_floats(count);
  resampler_->flush(frame.samples.writable_floats());
  push(std::move(frame));
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
