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
#include <utility>

#include "base/result.h"
#include "dsp/power_mel.h"

namespace parley::dsp {

class WhisperLogMel {
 public:
  static constexpr int kRate = PowerMel::kRate;
  static constexpr std::size_t kWindow = PowerMel::kWindow;
  static constexpr std::size_t kHop = PowerMel::kHop;
  static constexpr int kBins = 80;  // 128 for large-v3

  /// Errors: invalid_argument (the number of filters).
  static Result<WhisperLogMel> make(int bins = kBins);

  [[nodiscard]] std::size_t window_samples() const noexcept { return kWindow; }
  [[nodiscard]] std::size_t hop_samples() const noexcept { return kHop; }
  [[nodiscard]] std::size_t dimensions() const noexcept { return power_.dimensions(); }
  /// One window to one row, not levelled.
  /// REQUIRES: window.size() == kWindow; row.size() == dimensions().
  void compute(std::span<const float> window, std::span<float> row) noexcept;
  /// Levels the rows of one block in place.
  static void level(std::span<float> block) noexcept;

 private:
  explicit WhisperLogMel(PowerMel power) : power_(std::move(power)) {}

  PowerMel power_;
};

}  // namespace parley::dsp
