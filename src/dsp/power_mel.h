// SPDX-License-Identifier: Apache-2.0
//
// Power under mel filters as librosa.feature.melspectrogram computes it for speech models: 16 kHz,
// windows of 400 samples (hann, periodic) every 160, a transform of 400 points, Slaney's filters
// over the whole spectrum, no logarithm. GE2E takes it as it is; whisper_log_mel.h takes it
// further.
//
// Threads: one owner. Allocates: in `make` only.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "dsp/fft.h"
#include "dsp/mel_filter_bank.h"

namespace parley::dsp {

class PowerMel {
 public:
  static constexpr int kRate = 16'000;
  static constexpr std::size_t kWindow = 400;
  static constexpr std::size_t kHop = 160;

  /// Errors: invalid_argument (the number of filters).
  static Result<PowerMel> make(int bins);

  [[nodiscard]] std::size_t dimensions() const noexcept { return mel_.bins(); }
  /// One window to one row.
  /// REQUIRES: window.size() == kWindow; row.size() == dimensions().
  void compute(std::span<const float> window, std::span<float> row) noexcept;

 private:
  PowerMel(RealFft fft, MelFilterBank mel);

  std::vector<float> window_;
  RealFft fft_;
  MelFilterBank mel_;
  std::vector<float> windowed_;
  std::vector<float> power_;
};

}  // namespace parley::dsp
