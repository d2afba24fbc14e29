// SPDX-License-Identifier: Apache-2.0
//
// Models by file, loaded when first asked for and shared by all who ask: one queue per model, all
// of them run by the same threads.
//
//   SharedTensorHosts hosts(load, executors, clock, metrics);
//   PARLEY_TRY(auto host, hosts.open("features.onnx", "cpu"));
//
// With a ResourcePool each model leases its provider there first, as long as it is loaded.
//
// Threads: any. A model goes when the last who opened it lets go.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/resource_pool.h"
#include "model/host_core.h"
#include "model/placement.h"
#include "model/tensor_model.h"

namespace parley::model {

class TensorModelHost final : public TensorHost {
 public:
  static constexpr std::size_t kQueueMax = 256;

  /// `name` labels the metrics. One worker per executor. `lease`: what the model runs on, if it
  /// was placed.
  TensorModelHost(std::unique_ptr<TensorModel> model, std::string name,
                  std::span<exec::Executor* const> executors, const Clock& clock, Metrics& metrics,
                  std::optional<exec::ResourceLease> lease = std::nullopt);
  [[nodiscard]] const TensorModel& model() const noexcept override { return *model_; }
  bool submit(std::shared_ptr<TensorCall> call) noexcept override;

 private:
  const std::optional<exec::ResourceLease> lease_;  // first: given back when the model is gone
  const std::unique_ptr<TensorModel> model_;
  HostCore<TensorCall> core_;  // last: stops before the model goes
};

class SharedTensorHosts final : public TensorHosts {
 public:
  using Load = std::function<Result<std::unique_ptr<TensorModel>>(const std::string& file)>;
  using LoadPlaced = std::function<Result<std::unique_ptr<TensorModel>>(const std::string& file,
                                                                        const Placement&)>;
  static constexpr std::size_t kModelsMax = 64;  // loaded at once; policy: fail

  /// Executors, clock, metrics and resources outlive this and every host that it opened. Without
  /// resources every provider that `load` can start may be asked for.
  SharedTensorHosts(LoadPlaced load, std::span<exec::Executor* const> executors, const Clock& clock,
                    Metrics& metrics, exec::ResourcePool* resources = nullptr);
  /// For a loader that knows cpu only.
  SharedTensorHosts(Load load, std::span<exec::Executor* const> executors, const Clock& clock,
                    Metrics& metrics);
  Result<std::shared_ptr<TensorHost>> open(const std::string& file,
                                           const std::string& provider) override;

 private:
  using Key = std::pair<std::string, std::string>;  // file, provider

  const LoadPlaced load_;
  const std::vector<exec::Executor*> executors_;
  const Clock& clock_;
  Metrics& metrics_;
  exec::ResourcePool* const resources_;
  std::mutex mutex_;                                // held while a model is loaded
  std::map<Key, std::weak_ptr<TensorHost>> hosts_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::model
