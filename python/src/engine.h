// SPDX-License-Identifier: Apache-2.0
//
// What all pipelines of one interpreter share: clock, timers, buffers, metrics, the kinds of
// operators in the box and the models behind them. Made when it is first needed and never
// destroyed, because frames and threads may outlive everything that Python tears down at its end.
//
// Threads: stated at each function.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "graph/registry.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "model/tensor_hosts.h"
#include "model/vad_model.h"

namespace parley::python {

class Engine {
 public:
  /// Threads: any.
  static Engine& instance();

  [[nodiscard]] const SteadyClock& clock() const { return clock_; }
  [[nodiscard]] exec::TimerService& timers() { return timers_; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] media::BufferPool& buffers() { return buffers_; }

  /// The box, and what Python added. Threads: with the GIL.
  [[nodiscard]] graph::Registry& registry() { return registry_; }
  /// `registry().make`, and loads the model that the kind needs, if any, first.
  /// Threads: with the GIL.
  [[nodiscard]] Result<std::unique_ptr<graph::Operator>> make(const std::string& kind,
                                                              const graph::OptionMap& options);
  /// Loads what the kind needs. Threads: with the GIL.
  Status prepare(const std::string& kind);

  /// What a runner of this interpreter stands on. Threads: any.
  [[nodiscard]] graph::RunnerContext context();
  /// Opens a graph, with the GIL released meanwhile; raises why it cannot. Threads: with the GIL.
  [[nodiscard]] static std::unique_ptr<graph::Runner> open(graph::GraphSpec spec,
                                                           const graph::RunnerOptions& options,
                                                           graph::RunnerContext context,
                                                           graph::ErrorHandler handler);

 private:
  /// Stands in for a host until its model is loaded.
  class VadDoor final : public model::VadHost {
   public:
    bool submit(std::shared_ptr<model::VadCall> call) noexcept override {
      return host_ != nullptr && host_->submit(std::move(call));
    }
    void open(std::unique_ptr<model::VadHost> host) { host_ = std::move(host); }
    [[nodiscard]] bool is_open() const { return host_ != nullptr; }

   private:
    std::unique_ptr<model::VadHost> host_;  // before an operator that needs it is made
  };

  Engine();
  Status load_vad();

  SteadyClock clock_;
  exec::TimerThread timers_{clock_};
  Metrics metrics_;
  media::BufferPool buffers_;
  exec::ThreadExecutor model_thread_{"parley-model"};
  exec::ThreadExecutor disk_thread_{"parley-disk"};
  std::unique_ptr<model::VadModel> vad_model_;
  VadDoor vad_;
  std::unique_ptr<model::SharedTensorHosts> tensors_;
  graph::Registry registry_;
};

}  // namespace parley::python
