// SPDX-License-Identifier: Apache-2.0
//
// Leases in this process's memory: for tests, and the plainest statement of what a place of leases
// does. Threads: one at a time.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "store/lease_backend.h"

namespace parley::store {

class MemoryLeases final : public LeaseBackend {
 public:
  /// `clock` outlives it.
  explicit MemoryLeases(const Clock& clock) : clock_(clock) {}

  Status put(std::string_view holder, const std::string& id, std::string_view text,
             Millis life) override;
  Result<std::vector<LeaseState>> renew(std::string_view holder, std::span<const std::string> ids,
                                        Millis life) override;
  Status offer(std::string_view holder, std::span<const std::string> ids) override;
  Result<std::vector<DueLease>> due(std::size_t count_max) override;
  Result<std::optional<ClaimedLease>> claim(std::string_view holder, const std::string& id,
                                            Millis life) override;
  Status release(std::string_view holder, const std::string& id) override;

 private:
  struct Lease {
    std::string holder;
    std::string text;
    bool is_offered = false;
    int deaths = 0;
    Instant since;  // its holder has it
    Instant until;
  };

  const Clock& clock_;
  std::map<std::string, Lease, std::less<>> leases_;
};

}  // namespace parley::store
