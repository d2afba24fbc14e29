// SPDX-License-Identifier: Apache-2.0
#include "exec/resource_pool.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <utility>

#include <sched.h>

namespace parley::exec {
namespace {

bool needs_gpu(const std::string& provider) { return provider == "cuda" || provider == "tensorrt"; }

template <typename Names>
std::string listed(const Names& names) {
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += ", ";
    if constexpr (std::is_same_v<std::decay_t<decltype(name)>, int>) {
      text += std::to_string(name);
    } else {
      text += name;
    }
  }
  return text;
}

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, "resource pool: " + std::move(message)};
}

std::vector<int> cores_of_process() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(static_cast<std::size_t>(core), &set)) cores.push_back(core);
  }
  return cores;
}

}  // namespace

/// A request that waits, and then what it got.
struct ResourcePlace {
  ResourceRequest request;
  Waker waker;
  std::shared_ptr<ResourceLedger> ledger;
  std::optional<ResourceLease> lease;  // GUARDED_BY(ledger->mutex)

  ~ResourcePlace();
};

/// What the pool and its leases share.
struct ResourceLedger : std::enable_shared_from_this<ResourceLedger> {
  using Places = std::vector<std::shared_ptr<ResourcePlace>>;

  struct Provider {
    std::size_t limit;
    std::size_t used = 0;
  };

  [[nodiscard]] Status check(const ResourceRequest& request) const;
  [[nodiscard]] std::optional<ResourceLease> grant(const ResourceRequest& request);
  void give_back(const ResourceLease& lease) noexcept;
  void serve() noexcept;

  mutable std::mutex mutex;  // held for the arithmetic below only
  std::size_t cores_total = 0;
  std::set<int> cores_free;                          // GUARDED_BY(mutex), as all below
  std::map<std::string, Provider> providers;         // beside cpu
  std::map<int, std::size_t> gpus;                   // models on each
  std::deque<std::weak_ptr<ResourcePlace>> waiting;  // who left is passed over
  std::size_t models_per_gpu_max = 0;
  std::size_t waiting_max = 0;
  std::uint64_t granted = 0;
  std::uint64_t refused = 0;
};

// --- what can be given ---------------------------------------------------------------------------

Status ResourceLedger::check(const ResourceRequest& request) const {
  if (request.cores > cores_total) {
    return invalid(std::to_string(request.cores) + " cores are wanted, it has " +
                   std::to_string(cores_total));
  }
  if (request.provider == "cpu") return {};
  if (!providers.contains(request.provider)) {
    std::vector<std::string> names{"cpu"};
    for (const auto& [name, provider] : providers) names.push_back(name);
    return invalid("it has no provider '" + request.provider + "'; it has: " + listed(names));
  }
  return {};
}

std::optional<ResourceLease> ResourceLedger::grant(const ResourceRequest& request) {
  if (request.cores > cores_free.size()) return std::nullopt;
  ResourceLease lease;
  if (const auto provider = providers.find(request.provider); provider != providers.end()) {
    if (provider->second.used >= provider->second.limit) return std::nullopt;
    if (needs_gpu(request.provider)) {
      const auto least =
          std::min_element(gpus.begin(), gpus.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      if (least->second >= models_per_gpu_max) return std::nullopt;
      ++least->second;
      lease.gpu_ = least->first;
    }
    ++provider->second.used;
  }
  for (std::size_t i = 0; i < request.cores; ++i) {
    lease.cores_.push_back(*cores_free.begin());
    cores_free.erase(cores_free.begin());
  }
  lease.provider_ = request.provider;
  lease.ledger_ = shared_from_this();
  ++granted;
  return lease;
}

void ResourceLedger::give_back(const ResourceLease& lease) noexcept {
  {
    const std::lock_guard lock(mutex);
    cores_free.insert(lease.cores_.begin(), lease.cores_.end());
    if (lease.gpu_) --gpus[*lease.gpu_];
    if (const auto found = providers.find(lease.provider_); found != providers.end()) {
      --found->second.used;
    }
  }
  serve();
}

/// Grants to who waits, in order, until the first that must go on waiting.
void ResourceLedger::serve() noexcept {
  Places served;                        // let go outside the lock, because a ticket that left
  std::shared_ptr<ResourcePlace> next;  // meanwhile gives its lease back
  {
    const std::lock_guard lock(mutex);
    for (; !waiting.empty(); waiting.pop_front()) {
      next = waiting.front().lock();
      if (next == nullptr) continue;
      next->lease = grant(next->request);
      if (!next->lease) break;
      served.push_back(std::move(next));
    }
  }
  for (const std::shared_ptr<ResourcePlace>& place : served) place->waker.wake();
}

/// Who waits behind it may fit now.
ResourcePlace::~ResourcePlace() {
  lease.reset();
  ledger->serve();
}

// --- leases and tickets --------------------------------------------------------------------------

ResourceLease& ResourceLease::operator=(ResourceLease&& other) noexcept {
  ResourceLease taken(std::move(other));
  std::swap(ledger_, taken.ledger_);
  std::swap(cores_, taken.cores_);
  std::swap(provider_, taken.provider_);
  std::swap(gpu_, taken.gpu_);
  return *this;
}

ResourceLease::~ResourceLease() {
  if (ledger_ != nullptr) ledger_->give_back(*this);
}

std::optional<ResourceLease> ResourceTicket::take() {
  const std::lock_guard lock(place_->ledger->mutex);
  return std::exchange(place_->lease, std::nullopt);
}

// --- the pool ------------------------------------------------------------------------------------

Machine Machine::real() {
  return {.cores = cores_of_process, .has_gpu = [](int device) {
            return std::filesystem::exists("/dev/nvidia" + std::to_string(device));
          }};
}

Result<std::unique_ptr<ResourcePool>> ResourcePool::make(const ResourcePoolOptions& options,
                                                         const Machine& machine) {
  auto ledger = std::make_shared<ResourceLedger>();
  const std::vector<int> allowed = machine.cores();
  for (const int core : options.cores.empty() ? allowed : options.cores) {
    if (std::find(allowed.begin(), allowed.end(), core) == allowed.end()) {
      return invalid("core " + std::to_string(core) +
                     " is not one that this process may run on: " + listed(allowed));
    }
    if (!ledger->cores_free.insert(core).second) {
      return invalid("core " + std::to_string(core) + " is named twice");
    }
  }
  ledger->cores_total = ledger->cores_free.size();
  for (const int device : options.gpu_devices) {
    if (!machine.has_gpu(device)) {
      return invalid("GPU " + std::to_string(device) +
                     " is not on this machine (there is no /dev/nvidia" + std::to_string(device) +
                     ")");
    }
    if (!ledger->gpus.emplace(device, 0).second) {
      return invalid("GPU " + std::to_string(device) + " is named twice");
    }
  }
  for (const auto& [name, limit] : options.providers) {
    if (name == "cpu") return invalid("the provider cpu has no limit but the cores");
    if (needs_gpu(name) && options.gpu_devices.empty()) {
      return invalid("the provider '" + name + "' needs a GPU, and gpu_devices names none");
    }
    if (limit == 0) return invalid("the provider '" + name + "' has a limit of 0 models");
    ledger->providers.emplace(name, ResourceLedger::Provider{.limit = limit});
  }
  if (options.models_per_gpu_max == 0) return invalid("models_per_gpu_max is 0");
  ledger->models_per_gpu_max = options.models_per_gpu_max;
  ledger->waiting_max = options.waiting_max;
  return std::unique_ptr<ResourcePool>(new ResourcePool(std::move(ledger)));
}

ResourcePool::~ResourcePool() = default;

Result<ResourceLease> ResourcePool::try_lease(const ResourceRequest& request) {
  const std::lock_guard lock(ledger_->mutex);
  PARLEY_TRY_STATUS(ledger_->check(request));
  // Who waits was here before.
  std::optional<ResourceLease> lease;
  if (ledger_->waiting.empty()) lease = ledger_->grant(request);
  if (lease) return *std::move(lease);
  ++ledger_->refused;
  return Error{ErrorCode::resource_exhausted,
               "resource pool: " + std::to_string(request.cores) + " cores and the provider '" +
                   request.provider + "' are wanted; " +
                   std::to_string(ledger_->cores_free.size()) + " cores are free, " +
                   std::to_string(ledger_->waiting.size()) + " requests wait"};
}

Result<ResourceTicket> ResourcePool::lease(const ResourceRequest& request, Waker waker) {
  const auto place = std::make_shared<ResourcePlace>();
  place->request = request;
  place->waker = std::move(waker);
  place->ledger = ledger_;
  bool is_granted = false;
  {
    const std::lock_guard lock(ledger_->mutex);
    PARLEY_TRY_STATUS(ledger_->check(request));
    std::erase_if(ledger_->waiting, [](const auto& waits) { return waits.expired(); });
    if (ledger_->waiting.empty()) place->lease = ledger_->grant(request);
    is_granted = place->lease.has_value();
    if (!is_granted && ledger_->waiting.size() >= ledger_->waiting_max) {
      ++ledger_->refused;
      return Error{
          ErrorCode::resource_exhausted,
          "resource pool: " + std::to_string(ledger_->waiting_max) + " requests wait already"};
    }
    if (!is_granted) ledger_->waiting.push_back(place);
  }
  if (is_granted) place->waker.wake();
  return ResourceTicket(place);
}

ResourcePool::Stats ResourcePool::stats() const {
  const std::lock_guard lock(ledger_->mutex);
  Stats stats;
  stats.cores = ledger_->cores_total;
  stats.cores_free = ledger_->cores_free.size();
  stats.waiting =
      static_cast<std::size_t>(std::count_if(ledger_->waiting.begin(), ledger_->waiting.end(),
                                             [](const auto& waits) { return !waits.expired(); }));
  stats.granted = ledger_->granted;
  stats.refused = ledger_->refused;
  return stats;
}

}  // namespace parley::exec
