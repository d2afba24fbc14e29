// SPDX-License-Identifier: Apache-2.0
//
// Log mel features as Whisper wants them (openai/whisper, whisper/audio.py): 16 kHz, windows of 400
// samples (hann, periodic) every 160, a transform of 400 points, Slaney's filters, log10 with a
// floor of 1e-10. The model then wants a whole block levelled by `level`: nothing more than 8 below
// its loudest value, and (x + 4) / 4.
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

class WhisperLogMel {
 public:
  static constexpr int kRate = 16'000;
  static constexpr std::size_t kWindow = 400;
  static constexpr std::size_t kHop = 160;
  static constexpr int kBins = 80;  // 128 for large-v3

  /// Errors: invalid_argument (the number of filters).
  static Result<WhisperLogMel> make(int bins = kBins);

  [[nodiscard]] std::size_t window_samples() const noexcept { return kWindow; }
  [[nodiscard]] std::size_t hop_samples() const noexcept { return kHop; }
  [[nodiscard]] std::size_t dimensions() const noexcept { return mel_.bins(); }
  /// One window to one row, not levelled.
  /// REQUIRES: window.size() == kWindow; row.size() == dimensions().
  void compute(std::span<const float> window, std::span<float> row) noexcept;
  /// Levels the rows of one block in place.
  static void level(std::span<float> block) noexcept;

 private:
  WhisperLogMel(RealFft fft, MelFilterBank mel);

  std::vector<float> window_;
  RealFft fft_;
  MelFilterBank mel_;
  std::vector<float> windowed_;
  std::vector<float> power_;
};

}  // namespace parley::dsp
