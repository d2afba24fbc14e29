// SPDX-License-Identifier: Apache-2.0
//
// Tells voices apart by their pitch: two tones are one speaker when they are within a third or so,
// however long or loud they are, and two when they are an octave apart.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <string>

#include "model/speaker_model.h"

namespace parley::model {

class FakeSpeakerModel final : public SpeakerModel {
 public:
  static constexpr std::size_t kDimension = 16;  // half octaves from kLowestHz
  static constexpr double kLowestHz = 60.0;

  explicit FakeSpeakerModel(std::size_t samples_max = 60 * std::size_t{kSpeakerRate})
      : samples_max_(samples_max) {}

  void embed(SpeakerCall& call) noexcept override;
  [[nodiscard]] std::size_t dimension() const noexcept override { return kDimension; }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return samples_max_; }
  [[nodiscard]] std::string name() const override { return "fake"; }

 private:
  const std::size_t samples_max_;
};

}  // namespace parley::model
