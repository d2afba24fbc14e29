// SPDX-License-Identifier: Apache-2.0
//
// What a model host counts, under the label `model`.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"

namespace parley::model {

struct HostMetrics {
  HostMetrics(Metrics& metrics, std::string_view model);

  void observe_wait(Nanos wait) noexcept;
  void observe_run(Nanos run, std::size_t batch) noexcept;
  void count_failure(ErrorCode code) noexcept;

  Gauge& queue_depth;  // calls that wait
  Counter& refused;    // queue full
  Counter& cancelled;
  Counter& dropped;  // it came to its turn too late
  Counter& failed;   // neither fine nor cancelled
  Histogram& batch_calls;
  Histogram& wait_seconds;
  Histogram& run_seconds;
};

}  // namespace parley::model
