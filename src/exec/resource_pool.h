// SPDX-License-Identifier: Apache-2.0
//
// Cores, GPUs and execution providers of a machine, lent with limits: a model takes what it runs on
// before it is loaded, and gives it back when it goes.
//
//   PARLEY_TRY(auto pool, ResourcePool::make({.gpu_devices = {0}, .providers = {{"cuda", 2}}}));
//   PARLEY_TRY(ResourceLease lease, pool->try_lease({.cores = 2, .provider = "cuda"}));
//   load_model(file, {.threads = lease.cores().size(), .provider = lease.provider(), …});
//
// Cores are lent one by one and to one holder each, by their number, so that whoever has them can
// pin its threads there. A provider is lent up to its limit of models at once; `cpu` is always
// there and has none. The providers cuda and tensorrt come with a GPU of the pool, the one that
// fewest models are on, at most `models_per_gpu_max`.
//
// Who must wait leaves a waker: tickets are served first come, first served, so that a large
// request is not passed over for ever by small ones; at most `waiting_max` wait, further ones are
// refused and counted.
//
// Threads: any. Leases may outlive the pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exec/strand.h"

namespace parley::exec {

struct ResourceRequest {
  std::size_t cores = 0;         // of one holder's own; 0: it shares what is left
  std::string provider = "cpu";  // "cpu", "cuda", "tensorrt" or another that the pool was given
};

struct ResourcePoolOptions {
  std::vector<int> cores = {};        // numbers; none: all on which this process may run
  std::vector<int> gpu_devices = {};  // numbers, as CUDA counts them
  /// Models at once on each provider beside cpu.
  std::map<std::string, std::size_t> providers = {};
  std::size_t models_per_gpu_max = 4;
  std::size_t waiting_max = 64;
};

/// What the machine has; a test brings its own.
struct Machine {
  std::function<std::vector<int>()> cores;  // on which this process may run
  std::function<bool(int device)> has_gpu;
  static Machine real();
};

struct ResourceLedger;  // what a pool and its leases share
struct ResourcePlace;   // one that waits

/// Something lent; gives it back when it goes.
class ResourceLease {
 public:
  ResourceLease(ResourceLease&&) noexcept = default;
  ResourceLease& operator=(ResourceLease&& other) noexcept;
  ~ResourceLease();

  [[nodiscard]] const std::vector<int>& cores() const { return cores_; }
  [[nodiscard]] const std::string& provider() const { return provider_; }
  [[nodiscard]] std::optional<int> gpu() const { return gpu_; }

 private:
  friend struct ResourceLedger;
  ResourceLease() = default;
  std::shared_ptr<ResourceLedger> ledger_;  // of the pool and all its leases; null: moved from
  std::vector<int> cores_;
  std::string provider_;
  std::optional<int> gpu_;
};

/// A place in the queue. Dropping it leaves the queue, and gives back what was granted meanwhile.
class ResourceTicket {
 public:
  /// The lease, once; nothing while it waits.
  [[nodiscard]] std::optional<ResourceLease> take();

 private:
  friend class ResourcePool;
  explicit ResourceTicket(std::shared_ptr<ResourcePlace> place) : place_(std::move(place)) {}
  std::shared_ptr<ResourcePlace> place_;  // the queue looks at it as long as this is there
};

class ResourcePool {
 public:
  struct Stats {
    std::size_t cores = 0;
    std::size_t cores_free = 0;
    std::size_t waiting = 0;
    std::uint64_t granted = 0;
    std::uint64_t refused = 0;  // try_lease that found none, tickets that found the queue full
  };

  /// Errors: invalid_argument (a core or GPU that this machine has not, or twice).
  static Result<std::unique_ptr<ResourcePool>> make(const ResourcePoolOptions& options,
                                                    const Machine& machine = Machine::real());
  ~ResourcePool();

  /// Now or not. Errors: invalid_argument (this pool can never give it; says what it has),
  /// resource_exhausted (not now; says how many are free).
  Result<ResourceLease> try_lease(const ResourceRequest& request);
  /// As soon as it can be had: then `waker` is woken. Errors: invalid_argument,
  /// resource_exhausted (`waiting_max` wait already).
  Result<ResourceTicket> lease(const ResourceRequest& request, Waker waker);

  [[nodiscard]] Stats stats() const;

 private:
  explicit ResourcePool(std::shared_ptr<ResourceLedger> ledger) : ledger_(std::move(ledger)) {}
  std::shared_ptr<ResourceLedger> ledger_;  // leases keep it
};

}  // namespace parley::exec
