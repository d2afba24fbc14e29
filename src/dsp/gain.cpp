// SPDX-License-Identifier: Apache-2.0
#include "dsp/gain.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace parley::dsp {

float gain_of_decibels(float decibels) noexcept { return std::pow(10.0F, decibels / 20.0F); }

void Gain::prepare(media::AudioFormat format) noexcept {
  ramp_ = static_cast<std::size_t>(std::max(1, format.rate * kRampMs / 1000));
  reset();
}

void Gain::set(float factor) noexcept {
  PARLEY_CHECK(factor >= 0.0F);
  target_ = factor;
  left_ = ramp_;
  step_ = (target_ - now_) / static_cast<float>(ramp_);
}

void Gain::process(std::span<float> samples) noexcept {
  const std::size_t ramped = std::min(left_, samples.size());
  for (float& sample : samples.first(ramped)) {
    now_ += step_;
    sample *= now_;
  }
  left_ -= ramped;
  if (left_ > 0) return;
  now_ = target_;  // the sum of the steps is only nearly there
  if (now_ == 1.0F) return;
  for (float& sample : samples.subspan(ramped)) sample *= now_;
}

void Gain::reset() noexcept {
  now_ = target_;
  left_ = 0;
}

}  // namespace parley::dsp
