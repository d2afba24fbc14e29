// SPDX-License-Identifier: Apache-2.0
#include "operators/audio/noise_reduction_operator.h"

#include <span>
#include <utility>

namespace parley::operators {

using graph::Progress;

Result<Progress> NoiseReductionOperator::process(graph::ProcessContext&) {
  while (in_.peek() != nullptr) {
    // What the suppressor still holds when it is switched off, and the frame.
    if (!out_.has_room(BlockStream::kFramesMax + 1)) return Progress::blocked;
    PARLEY_TRY_STATUS(follow_settings());
    if (!on_) {
      out_.push(in_.pop());
      continue;
    }
    PARLEY_TRY_STATUS(on_->stream.feed(
        in_.pop(), out_,
        [this](std::span<float> block, media::MediaTime) { on_->denoiser.process(block); }));
  }
  return Progress::need_input;
}

Status NoiseReductionOperator::follow_settings() {
  const int wanted = settings_.suppress_db;
  if (wanted == (on_ ? on_->suppress_db : 0)) return {};
  if (on_ && wanted > 0) {
    on_->denoiser.set_suppress(wanted);  // its estimate of the noise stays
    on_->suppress_db = wanted;
    return {};
  }
  if (on_) {
    on_->stream.flush(
        out_, [this](std::span<float> block, media::MediaTime) { on_->denoiser.process(block); });
    on_.reset();
    return {};
  }
  PARLEY_TRY(dsp::Denoiser made, dsp::Denoiser::make({.rate = kRate, .suppress_db = wanted}));
  on_ = std::make_unique<Suppressor>(wanted, std::move(made), buffers_);
  return {};
}

}  // namespace parley::operators
