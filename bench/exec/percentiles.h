// SPDX-License-Identifier: Apache-2.0
//
// What the benches of exec share: percentiles of samples, and the spread over repetitions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/clock.h"

namespace parley::bench {

/// Adds `<name>_p50_us`, `_p99_us` of nanosecond samples to the counters of one repetition.
inline void report_percentiles(benchmark::State& state, const std::string& name,
                               std::vector<double> nanos) {
  if (nanos.empty()) return;
  std::sort(nanos.begin(), nanos.end());
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(nanos.size() - 1));
    return nanos[index] / 1000.0;
  };
  state.counters[name + "_p50_us"] = at(0.50);
  state.counters[name + "_p99_us"] = at(0.99);
}

/// Repeats a bench and prints the median over the repetitions with their least and greatest.
inline void with_spread(benchmark::internal::Benchmark* bench) {
  bench->Repetitions(7)->ReportAggregatesOnly(true);
  bench->ComputeStatistics("min", [](const std::vector<double>& all) {
    return *std::min_element(all.begin(), all.end());
  });
  bench->ComputeStatistics("max", [](const std::vector<double>& all) {
    return *std::max_element(all.begin(), all.end());
  });
}

}  // namespace parley::bench
