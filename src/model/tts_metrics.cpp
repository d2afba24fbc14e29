// SPDX-License-Identifier: Apache-2.0
#include "model/tts_metrics.h"

#include <chrono>

#include "media/media_time.h"

namespace parley::model {
namespace {

double seconds(Nanos time) noexcept { return std::chrono::duration<double>(time).count(); }

}  // namespace

TtsMetrics::TtsMetrics(Metrics& metrics, int rate)
    : rate_(rate),
      wait_seconds_(metrics.histogram(
          "parley_tts_queue_wait_seconds",
          "From a sentence's arrival at the voice to its first step",
          {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0})),
      synthesis_seconds_(
          metrics.histogram("parley_tts_synthesis_seconds", "Run time of all steps of a sentence",
                            {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0})),
      real_time_factor_(metrics.histogram(
          "parley_tts_real_time_factor", "Run time of a sentence by the length of its audio",
          {0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0})) {}

void TtsMetrics::waited(Nanos time) noexcept { wait_seconds_.observe(seconds(time)); }

void TtsMetrics::spoke(Nanos ran, std::int64_t samples) noexcept {
  synthesis_seconds_.observe(seconds(ran));
  if (samples <= 0) return;
  const Nanos audio = media::MediaTime::from_samples(samples, rate_).nanos();
  real_time_factor_.observe(seconds(ran) / seconds(audio));
}

}  // namespace parley::model
