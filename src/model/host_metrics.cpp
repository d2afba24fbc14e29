// SPDX-License-Identifier: Apache-2.0
#include "model/host_metrics.h"

#include <string>
#include <vector>

namespace parley::model {
namespace {

double seconds(Nanos nanos) noexcept { return std::chrono::duration<double>(nanos).count(); }

// From a VAD window (0.1 ms) to a long clause of speech (seconds).
std::vector<double> time_bounds() {
  return {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0};
}

Labels label(std::string_view model) { return {{"model", std::string(model)}}; }

}  // namespace

HostMetrics::HostMetrics(Metrics& metrics, std::string_view model)
    : queue_depth(
          metrics.gauge("parley_model_queue_depth", "Calls that wait for the model", label(model))),
      refused(metrics.counter("parley_model_refused_total",
                              "Calls refused because the queue was full", label(model))),
      cancelled(metrics.counter("parley_model_cancelled_total", "Calls that were cancelled",
                                label(model))),
      dropped(metrics.counter("parley_model_dropped_total",
                              "Calls whose turn came when it was too late to be of use",
                              label(model))),
      failed(metrics.counter("parley_model_failed_total", "Calls that ended in an error",
                             label(model))),
      batch_calls(metrics.histogram("parley_model_batch_calls", "Calls in one run of the model",
                                    {1, 2, 4, 8, 16, 32}, label(model))),
      wait_seconds(metrics.histogram("parley_model_wait_seconds", "From submit to the run's start",
                                     time_bounds(), label(model))),
      run_seconds(metrics.histogram("parley_model_run_seconds", "One run of the model",
                                    time_bounds(), label(model))) {}

void HostMetrics::observe_wait(Nanos wait) noexcept { wait_seconds.observe(seconds(wait)); }

void HostMetrics::observe_run(Nanos run, std::size_t batch) noexcept {
  run_seconds.observe(seconds(run));
  batch_calls.observe(static_cast<double>(batch));
}

void HostMetrics::count_failure(ErrorCode code) noexcept {
  (code == ErrorCode::cancelled ? cancelled : failed).add();
}

}  // namespace parley::model
