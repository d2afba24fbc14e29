// SPDX-License-Identifier: Apache-2.0
//
// The models that a graph file names, and no others, with their hosts: what `parley run` binds its
// operators to.
//
// Threads: load and destruction one owner, after everything that was made with the bindings is
// gone.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "exec/timer.h"
#include "graph/graph_file.h"
#include "operators/bindings.h"

namespace parley::cli {

class GraphModels {
 public:
  /// All of it outlives the models.
  struct Surroundings {
    const Clock& clock;
    exec::TimerService& timers;
    Metrics& metrics;
    exec::Executor* executor = nullptr;  // for the models, too; null: a thread for each
  };

  /// Errors name the model at fault and what to do.
  static Result<std::unique_ptr<GraphModels>> load(const graph::GraphFile& file,
                                                   const Config& config, Surroundings around);
  ~GraphModels();
  GraphModels(const GraphModels&) = delete;
  GraphModels& operator=(const GraphModels&) = delete;

  [[nodiscard]] operators::OperatorBindings bindings();

 private:
  struct Parts;
  explicit GraphModels(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace parley::cli
