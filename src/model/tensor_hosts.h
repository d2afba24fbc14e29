// SPDX-License-Identifier: Apache-2.0
//
// Models by file, loaded when first asked for and shared by all who ask: one queue per model, all
// of them run by the same threads.
//
//   SharedTensorHosts hosts(load, executors, clock, metrics);
//   PARLEY_TRY(auto host, hosts.open("features.onnx"));
//
// Threads: any. A model goes when the last who opened it lets go.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "model/host_core.h"
#include "model/tensor_model.h"

namespace parley::model {

class TensorModelHost final : public TensorHost {
 public:
  static constexpr std::size_t kQueueMax = 256;

  /// `name` labels the metrics. One worker per executor.
  TensorModelHost(std::unique_ptr<TensorModel> model, std::string name,
                  std::span<exec::Executor* const> executors, const Clock& clock, Metrics& metrics);
  [[nodiscard]] const TensorModel& model() const noexcept override { return *model_; }
  bool submit(std::shared_ptr<TensorCall> call) noexcept override;

 private:
  const std::unique_ptr<TensorModel> model_;
  HostCore<TensorCall> core_;  // last: stops before the model goes
};

class SharedTensorHosts final : public TensorHosts {
 public:
  using Load = std::function<Result<std::unique_ptr<TensorModel>>(const std::string& file)>;
  static constexpr std::size_t kModelsMax = 64;  // loaded at once; policy: fail

  /// Executors, clock and metrics outlive this and every host that it opened.
  SharedTensorHosts(Load load, std::span<exec::Executor* const> executors, const Clock& clock,
                    Metrics& metrics);
  Result<std::shared_ptr<TensorHost>> open(const std::string& file) override;

 private:
  const Load load_;
  const std::vector<exec::Executor*> executors_;
  const Clock& clock_;
  Metrics& metrics_;
  std::mutex mutex_;                                        // held while a model is loaded
  std::map<std::string, std::weak_ptr<TensorHost>> hosts_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::model
