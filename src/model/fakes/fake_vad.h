// SPDX-License-Identifier: Apache-2.0
//
// A voice activity detector by loudness: anything louder than a threshold is speech.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <span>

#include "model/vad_model.h"

namespace parley::model {

class FakeVadModel final : public VadModel {
 public:
  static constexpr float kSpeech = 0.95F;   // probability of a loud window
  static constexpr float kSilence = 0.05F;  // and of a quiet one

  /// `rms_min`: root mean square of a window from which on it counts as speech, in [0, 1].
  explicit FakeVadModel(float rms_min = 0.01F, std::size_t batch_max = 16)
      : rms_min_(rms_min), batch_max_(batch_max) {}

  void infer(std::span<VadCall* const> batch) noexcept override;
  [[nodiscard]] std::size_t batch_max() const noexcept override { return batch_max_; }

 private:
  const float rms_min_;
  const std::size_t batch_max_;
};

}  // namespace parley::model
