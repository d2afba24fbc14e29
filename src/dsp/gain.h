// SPDX-License-Identifier: Apache-2.0
//
// Louder or softer without clicks: a new level is reached by a straight ramp.
//
// Threads: one owner. Allocates: no.
#pragma once

#include <cstddef>
#include <span>

#include "media/audio_format.h"

namespace parley::dsp {

/// 10^(db / 20): 0 dB is 1.
[[nodiscard]] float gain_of_decibels(float decibels) noexcept;

class Gain {
 public:
  static constexpr int kRampMs = 10;

  /// Sets the length of the ramp. Call it first.
  void prepare(media::AudioFormat format) noexcept;
  /// The level to go to, a factor of at least 0.
  void set(float factor) noexcept;
  /// One channel, in place.
  void process(std::span<float> samples) noexcept;
  /// Jumps to the level that was set last.
  void reset() noexcept;

 private:
  std::size_t ramp_ = 1;  // samples
  std::size_t left_ = 0;  // of the ramp under way
  float now_ = 1.0F;
  float target_ = 1.0F;
  float step_ = 0.0F;
};

}  // namespace parley::dsp
