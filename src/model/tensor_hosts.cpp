// SPDX-License-Identifier: Apache-2.0
#include "model/tensor_hosts.h"

#include <filesystem>
#include <utility>

namespace parley::model {

TensorModelHost::TensorModelHost(std::unique_ptr<TensorModel> model, std::string name,
                                 std::span<exec::Executor* const> executors, const Clock& clock,
                                 Metrics& metrics)
    : model_(std::move(model)),
      core_({.name = std::move(name), .queue_max = kQueueMax, .batch_max = 1}, executors, clock,
            metrics, [model = model_.get()](std::span<TensorCall* const> batch) {
              for (TensorCall* call : batch) model->run(*call);
            }) {}

bool TensorModelHost::submit(std::shared_ptr<TensorCall> call) noexcept {
  return core_.submit(std::move(call));
}

SharedTensorHosts::SharedTensorHosts(Load load, std::span<exec::Executor* const> executors,
                                     const Clock& clock, Metrics& metrics)
    : load_(std::move(load)),
      executors_(executors.begin(), executors.end()),
      clock_(clock),
      metrics_(metrics) {}

Result<std::shared_ptr<TensorHost>> SharedTensorHosts::open(const std::string& file) {
  const std::lock_guard lock(mutex_);
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.expired(); });
  if (const auto found = hosts_.find(file); found != hosts_.end()) {
    if (std::shared_ptr<TensorHost> host = found->second.lock()) return host;
  }
  if (hosts_.size() >= kModelsMax) {
    return Error{ErrorCode::resource_exhausted,
                 file + ": " + std::to_string(kModelsMax) + " models are loaded already"};
  }
  PARLEY_TRY(std::unique_ptr<TensorModel> model, load_(file));
  std::shared_ptr<TensorHost> host = std::make_shared<TensorModelHost>(
      std::move(model), "tensor:" + std::filesystem::path(file).stem().string(), executors_, clock_,
      metrics_);
  hosts_[file] = host;
  return host;
}

}  // namespace parley::model
