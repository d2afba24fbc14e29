// SPDX-License-Identifier: Apache-2.0
//
// Voice activity by level: how far a window is above the quietest of the last three seconds. No
// model file and about a microsecond for a window, for machines that can afford nothing better.
//
//   out  probability 0.5 at 9 dB above the noise, 0.88 at 12 dB, 0.12 at 6 dB
//
// The noise is the lowest level, averaged over 96 ms, of the last 3 s: speech has gaps, steady
// noise has none (Martin, "Noise Power Spectral Density Estimation Based on Optimal Smoothing and
// Minimum Statistics", IEEE Trans. Speech and Audio Processing 9(5), 2001; here of the whole band).
// What lies below 120 Hz, hum and rumble, is taken out first.
//
// What it cannot do: tell speech from other sounds that come and go. Music, keystrokes and a
// neighbour's dog are speech to it; noise that begins or grows is, for up to 3 s; speech less than
// 9 dB above the noise is not.
//
// Threads: immutable. Allocates: no.
#pragma once

#include <cstddef>
#include <span>

#include "model/vad_model.h"

namespace parley::model {

class EnergyVad final : public VadModel {
 public:
  static constexpr std::size_t kBatchMax = 16;
  static constexpr float kSpeechDb = 9.0F;      // above the noise: as likely speech as not
  static constexpr float kFloorMinDb = -60.0F;  // of full scale: digital silence is no measure

  /// A window with a sample that is no number is silence, and its stream begins afresh.
  void infer(std::span<VadCall* const> batch) noexcept override;
  [[nodiscard]] std::size_t batch_max() const noexcept override { return kBatchMax; }
};

}  // namespace parley::model
