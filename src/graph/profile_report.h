// SPDX-License-Identifier: Apache-2.0
//
// What a Profiler found, as plain values, and as text.
//
// Threads: value types; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log_histogram.h"

namespace parley::graph {

/// Of a quantity: nanoseconds, frames or items. Percentiles are to about 3 %.
struct Distribution {
  std::uint64_t count = 0;
  double mean = 0.0;
  double p50 = 0.0;
  double p95 = 0.0;
  double p99 = 0.0;
  double max = 0.0;
};

/// `unit`: what one of the histogram's values is, such as nanoseconds per tick.
[[nodiscard]] Distribution distribution_of(const LogHistogram& histogram, double unit = 1.0);

struct NodeProfile {
  std::string pipeline;  // the segment, or empty
  std::string node;
  std::uint64_t calls = 0;        // of `process` that moved something or failed
  std::uint64_t polls = 0;        // that found nothing to do
  std::uint64_t errors = 0;       // that failed
  std::uint64_t frames_in = 0;    // taken from its inputs
  std::uint64_t frames_out = 0;   // pushed to its outputs
  std::uint64_t drops = 0;        // stale frames dropped at its inputs
  Distribution process_ns;        // of one call
  double process_ns_total = 0.0;  // polls included
  Distribution wait_ns;           // of a sampled frame in its inputs
  Distribution depth;             // frames in its inputs when it was called
  Distribution batch;             // items that it gave away at once (ProcessContext::note_batch),
                                  // or, if it never said, frames taken by one call
};

struct ProfileReport {
  Nanos elapsed{0};                                        // since the profiler was made
  std::vector<NodeProfile> nodes;                          // in topological order within a pipeline
  std::vector<std::pair<std::string, std::string>> edges;  // of nodes
  std::uint64_t events = 0;                                // calls that a trace shows
  std::uint64_t events_lost = 0;                           // that were overwritten

  // The chain of nodes, along edges, with the highest sum of mean wait and mean process time.
  std::vector<std::string> critical_path;
  double critical_path_ns = 0.0;
};

/// Fills in the critical path from the nodes and edges. A cycle, which no graph has, is cut.
void find_critical_path(ProfileReport& report);

/// One line for each node, for people.
[[nodiscard]] std::string to_table(const ProfileReport& report);
/// One JSON object; docs/engine/profiler.md lists its fields.
[[nodiscard]] std::string to_json(const ProfileReport& report);

}  // namespace parley::graph
