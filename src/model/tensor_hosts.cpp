// SPDX-License-Identifier: Apache-2.0
#include "model/tensor_hosts.h"

#include <filesystem>
#include <utility>

namespace parley::model {

TensorModelHost::TensorModelHost(std::unique_ptr<TensorModel> model, std::string name,
                                 std::span<exec::Executor* const> executors, const Clock& clock,
                                 Metrics& metrics, std::optional<exec::ResourceLease> lease)
    : lease_(std::move(lease)),
      model_(std::move(model)),
      core_({.name = std::move(name), .queue_max = kQueueMax, .batch_max = 1}, executors, clock,
            metrics, [model = model_.get()](std::span<TensorCall* const> batch) {
              for (TensorCall* call : batch) model->run(*call);
            }) {}

bool TensorModelHost::submit(std::shared_ptr<TensorCall> call) noexcept {
  return core_.submit(std::move(call));
}

SharedTensorHosts::SharedTensorHosts(LoadPlaced load, std::span<exec::Executor* const> executors,
                                     const Clock& clock, Metrics& metrics,
                                     exec::ResourcePool* resources)
    : load_(std::move(load)),
      executors_(executors.begin(), executors.end()),
      clock_(clock),
      metrics_(metrics),
      resources_(resources) {}

SharedTensorHosts::SharedTensorHosts(Load load, std::span<exec::Executor* const> executors,
                                     const Clock& clock, Metrics& metrics)
    : SharedTensorHosts(
          [load = std::move(load)](const std::string& file, const Placement& placement)
              -> Result<std::unique_ptr<TensorModel>> {
            if (placement.provider == "cpu") return load(file);
            return Error{ErrorCode::invalid_argument,
                         file + ": provider '" + placement.provider +
                             "': this program runs models on cpu only"};
          },
          executors, clock, metrics) {}

Result<std::shared_ptr<TensorHost>> SharedTensorHosts::open(const std::string& file,
                                                            const std::string& provider) {
  const std::lock_guard lock(mutex_);
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.expired(); });
  const Key key(file, provider);
  if (const auto found = hosts_.find(key); found != hosts_.end()) {
    if (std::shared_ptr<TensorHost> host = found->second.lock()) return host;
  }
  if (hosts_.size() >= kModelsMax) {
    return Error{ErrorCode::resource_exhausted,
                 file + ": " + std::to_string(kModelsMax) + " models are loaded already"};
  }
  Placement placement{.provider = provider};
  std::optional<exec::ResourceLease> lease;
  if (resources_ != nullptr) {
    auto leased = resources_->try_lease({.provider = provider});
    if (!leased) return leased.error().with_context(file);
    placement = placement_of(*leased);
    lease = std::move(*leased);
  }
  PARLEY_TRY(std::unique_ptr<TensorModel> model, load_(file, placement));
  std::string name = "tensor:" + std::filesystem::path(file).stem().string();
  if (provider != "cpu") name += ":" + provider;
  std::shared_ptr<TensorHost> host = std::make_shared<TensorModelHost>(
      std::move(model), std::move(name), executors_, clock_, metrics_, std::move(lease));
  hosts_[key] = host;
  return host;
}

}  // namespace parley::model
