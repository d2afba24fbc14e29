// SPDX-License-Identifier: Apache-2.0
#include "dsp/power_mel.h"

#include <utility>

#include "base/check.h"
#include "dsp/window_shape.h"

namespace parley::dsp {

void PowerMel::compute(std::span<const float> window, std::span<float> row) noexcept {
  PARLEY_CHECK(window.size() == kWindow && row.size() == dimensions());
  for (std::size_t i = 0; i < kWindow; ++i) windowed_[i] = window[i] * window_[i];
  fft_.power(windowed_, power_);
  mel_.apply(power_, row);
}

Result<PowerMel> PowerMel::make(int bins) {
  PARLEY_TRY(RealFft fft, RealFft::make(kWindow));
  PARLEY_TRY(MelFilterBank mel, MelFilterBank::make({.rate = kRate,
                                                     .fft_size = kWindow,
                                                     .bins = bins,
                                                     .low_hz = 0.0F,
                                                     .high_hz = 0.0F,
                                                     .shape = MelShape::slaney}));
  return PowerMel(std::move(fft), std::move(mel));
}

PowerMel::PowerMel(RealFft fft, MelFilterBank mel)
    : window_(make_window(WindowShape::hann_periodic, kWindow)),
      fft_(std::move(fft)),
      mel_(std::move(mel)),
      windowed_(kWindow),
      power_(fft_.bins()) {}

}  // namespace parley::dsp
