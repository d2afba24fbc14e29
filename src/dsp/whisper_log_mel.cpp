// SPDX-License-Identifier: Apache-2.0
#include "dsp/whisper_log_mel.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "dsp/window_shape.h"

namespace parley::dsp {

void WhisperLogMel::compute(std::span<const float> window, std::span<float> row) noexcept {
  PARLEY_CHECK(window.size() == kWindow && row.size() == dimensions());
  for (std::size_t i = 0; i < kWindow; ++i) windowed_[i] = window[i] * window_[i];
  fft_.power(windowed_, power_);
  mel_.apply(power_, row);
  for (float& value : row) value = std::log10(std::max(value, 1e-10F));
}

void WhisperLogMel::level(std::span<float> block) noexcept {
  if (block.empty()) return;
  const float floor = *std::max_element(block.begin(), block.end()) - 8.0F;
  for (float& value : block) value = (std::max(value, floor) + 4.0F) / 4.0F;
}

Result<WhisperLogMel> WhisperLogMel::make(int bins) {
  PARLEY_TRY(RealFft fft, RealFft::make(kWindow));
  PARLEY_TRY(MelFilterBank mel, MelFilterBank::make({.rate = kRate,
                                                     .fft_size = kWindow,
                                                     .bins = bins,
                                                     .low_hz = 0.0F,
                                                     .high_hz = 0.0F,
                                                     .shape = MelShape::slaney}));
  return WhisperLogMel(std::move(fft), std::move(mel));
}

WhisperLogMel::WhisperLogMel(RealFft fft, MelFilterBank mel)
    : window_(make_window(WindowShape::hann_periodic, kWindow)),
      fft_(std::move(fft)),
      mel_(std::move(mel)),
      windowed_(kWindow),
      power_(fft_.bins()) {}

}  // namespace parley::dsp
