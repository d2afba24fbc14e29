// SPDX-License-Identifier: Apache-2.0
#include "store/memory/memory_leases.h"

#include <algorithm>
#include <chrono>

namespace parley::store {

Status MemoryLeases::put(std::string_view holder, const std::string& id, std::string_view text,
                         Millis life) {
  const Instant now = clock_.now();
  Lease& lease = leases_[id];
  if (lease.holder != holder) lease.since = now;
  lease.holder = holder;
  lease.text = text;
  lease.is_offered = false;
  lease.until = now + life;
  return {};
}

Result<std::vector<LeaseState>> MemoryLeases::renew(std::string_view holder,
                                                    std::span<const std::string> ids, Millis life) {
  std::vector<LeaseState> states;
  for (const std::string& id : ids) {
    const auto at = leases_.find(id);
    if (at == leases_.end()) {
      states.push_back(LeaseState::gone);
      continue;
    }
    const bool is_his = at->second.holder == holder;
    states.push_back(is_his ? LeaseState::held : LeaseState::taken);
    if (is_his && !at->second.is_offered) at->second.until = clock_.now() + life;
  }
  return states;
}

Status MemoryLeases::offer(std::string_view holder, std::span<const std::string> ids) {
  for (const std::string& id : ids) {
    const auto at = leases_.find(id);
    if (at == leases_.end() || at->second.holder != holder) continue;
    at->second.is_offered = true;
    at->second.until = clock_.now();
  }
  return {};
}

Result<std::vector<DueLease>> MemoryLeases::due(std::size_t count_max) {
  const Instant now = clock_.now();
  std::vector<DueLease> found;
  for (const auto& [id, lease] : leases_) {
    if (lease.until > now) continue;
    found.push_back({id, std::chrono::duration_cast<Millis>(now - lease.until)});
  }
  std::ranges::sort(found, std::ranges::greater(), &DueLease::overdue);
  if (found.size() > count_max) found.resize(count_max);
  return found;
}

Result<std::optional<ClaimedLease>> MemoryLeases::claim(std::string_view holder,
                                                        const std::string& id, Millis life) {
  const Instant now = clock_.now();
  const auto at = leases_.find(id);
  if (at == leases_.end() || at->second.until > now || at->second.holder == holder) {
    return std::optional<ClaimedLease>();
  }
  Lease& lease = at->second;
  const bool was_brief = now - lease.since < kLeaseHeldInEarnest;
  ClaimedLease claimed{lease.text, lease.is_offered, 0};
  if (!lease.is_offered) claimed.deaths = was_brief ? lease.deaths + 1 : 1;
  lease = {.holder = std::string(holder),
           .text = lease.text,
           .is_offered = false,
           .deaths = claimed.deaths,
           .since = now,
           .until = now + life};
  return std::optional(std::move(claimed));
}

Status MemoryLeases::release(std::string_view holder, const std::string& id) {
  const auto at = leases_.find(id);
  if (at != leases_.end() && at->second.holder == holder) leases_.erase(at);
  return {};
}

}  // namespace parley::store
