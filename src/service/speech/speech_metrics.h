// SPDX-License-Identifier: Apache-2.0
//
// What streams of speech count. Looked up once per interface. Threads: any.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"

namespace parley::service {

class SpeechMetrics {
 public:
  SpeechMetrics(Metrics& metrics, std::string_view face);

  void first_audio_after(Nanos time) noexcept;
  void ended(const Status& status, Nanos took, Nanos audio) noexcept;

  Gauge& streams;
  Counter& characters;
  Counter& refused;
  Counter& slow_readers;

 private:
  Metrics& metrics_;
  const std::string face_;
  Histogram& first_audio_;
  Histogram& stream_seconds_;
  Counter& audio_milliseconds_;
};

}  // namespace parley::service
