// SPDX-License-Identifier: Apache-2.0
//
// What each call of a voice took: how long it waited, how long it was computed, and how that
// compares with the length of its audio.
//
// Threads: any.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/metrics.h"

namespace parley::model {

class TtsMetrics {
 public:
  /// `rate` of the voice, in Hz.
  TtsMetrics(Metrics& metrics, int rate);

  /// From its arrival to its first step.
  void waited(Nanos time) noexcept;
  /// All its steps together took `ran` and made `samples`; 0: nothing is known of its audio.
  void spoke(Nanos ran, std::int64_t samples) noexcept;

 private:
  const int rate_;
  Histogram& wait_seconds_;
  Histogram& synthesis_seconds_;
  Histogram& real_time_factor_;
};

}  // namespace parley::model
