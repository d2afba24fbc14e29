// SPDX-License-Identifier: Apache-2.0
//
// Leases in a Redis server, by its own clock. Keys, after the prefix:
//   lease:ID   hash        holder, text, offered, since (ms), deaths
//   leases     sorted set  ID by the time at which it ends (ms)
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "store/lease_backend.h"
#include "store/redis/redis_connection.h"

namespace parley::store {

class RedisLeases final : public LeaseBackend {
 public:
  struct Options {
    std::string url;
    std::string prefix = "parley:";
  };

  /// Errors: invalid_argument (the URL); unavailable (nobody answers there).
  static Result<std::unique_ptr<RedisLeases>> open(const Options& options, const Clock& clock);

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
  RedisLeases(RedisUrl url, std::string prefix, const Clock& clock)
      : connection_(std::move(url), clock), prefix_(std::move(prefix)) {}

  RedisConnection connection_;
  const std::string prefix_;
};

}  // namespace parley::store
