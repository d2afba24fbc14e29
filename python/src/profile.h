// SPDX-License-Identifier: Apache-2.0
//
// The engine's profiler as `parley.PipelineProfiler`.
//
// Threads: with the GIL.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "engine.h"
#include "exchange.h"
#include "graph/profiler.h"
#include "py_value.h"

namespace parley::python {

class PipelineProfiler {
 public:
  [[nodiscard]] graph::Profiler& profiler() { return profiler_; }
  /// Who reads from whom, as far as it was learned: the edges of the critical path.
  void add_flows(const std::vector<Exchange::Flow>& flows);

 private:
  graph::Profiler profiler_{Engine::instance().clock()};
  std::set<std::pair<std::string, std::string>> flows_;
};

/// Adds PipelineProfiler, ProfileReport, NodeProfile and Distribution.
void add_profile(py::module_& module);

}  // namespace parley::python
