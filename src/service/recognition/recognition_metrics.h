// SPDX-License-Identifier: Apache-2.0
//
// What streams of recognition count. Looked up once per interface. Threads: any.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"

namespace parley::service {

class RecognitionMetrics {
 public:
  RecognitionMetrics(Metrics& metrics, std::string_view face);

  /// From the decision that an utterance is over to its words.
  void final_after(Nanos time) noexcept;
  void ended(const Status& status, Nanos audio) noexcept;

  Gauge& streams;
  Counter& partials;
  Counter& partials_left_out;
  Counter& refused;

 private:
  Metrics& metrics_;
  const std::string face_;
  Histogram& final_seconds_;
  Counter& audio_milliseconds_;
};

}  // namespace parley::service
