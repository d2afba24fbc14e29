// SPDX-License-Identifier: Apache-2.0
#include "store/redis/redis_leases.h"

#include "store/redis/lease_scripts.h"

namespace parley::store {
namespace {

RedisConnection::Command command_of(std::string_view script, std::string_view prefix,
                                    RedisConnection::Command words,
                                    std::span<const std::string> ids = {}) {
  RedisConnection::Command command{"EVAL", script, "1", prefix};
  command.insert(command.end(), words.begin(), words.end());
  command.insert(command.end(), ids.begin(), ids.end());
  return command;
}

LeaseState state_of(std::string_view word) {
  if (word == "held") return LeaseState::held;
  return word == "taken" ? LeaseState::taken : LeaseState::gone;
}

}  // namespace

Result<std::unique_ptr<RedisLeases>> RedisLeases::open(const Options& options, const Clock& clock) {
  PARLEY_TRY(RedisUrl url, RedisUrl::parse(options.url));
  std::unique_ptr<RedisLeases> leases(new RedisLeases(std::move(url), options.prefix, clock));
  PARLEY_TRY(const RedisReply pong, leases->connection_.run({"PING"}));
  static_cast<void>(pong);
  return leases;
}

Status RedisLeases::put(std::string_view holder, const std::string& id, std::string_view text,
                        Millis life) {
  const std::string length = std::to_string(life.count());
  PARLEY_TRY(const RedisReply done,
             connection_.run(command_of(kPutLeaseScript, prefix_, {id, holder, text, length})));
  static_cast<void>(done);
  return {};
}

Result<std::vector<LeaseState>> RedisLeases::renew(std::string_view holder,
                                                   std::span<const std::string> ids, Millis life) {
  std::vector<LeaseState> states;
  if (ids.empty()) return states;
  const std::string length = std::to_string(life.count());
  PARLEY_TRY(const RedisReply words,
             connection_.run(command_of(kRenewLeasesScript, prefix_, {holder, length}, ids)));
  if (words.size() != ids.size()) {
    return Error{ErrorCode::internal, "the Redis server answered for other leases"};
  }
  for (std::size_t i = 0; i < words.size(); ++i) states.push_back(state_of(words.text(i)));
  return states;
}

Status RedisLeases::offer(std::string_view holder, std::span<const std::string> ids) {
  if (ids.empty()) return {};
  PARLEY_TRY(const RedisReply done,
             connection_.run(command_of(kOfferLeasesScript, prefix_, {holder}, ids)));
  static_cast<void>(done);
  return {};
}

Result<std::vector<DueLease>> RedisLeases::due(std::size_t count_max) {
  const std::string count = std::to_string(count_max);
  PARLEY_TRY(const RedisReply found,
             connection_.run(command_of(kDueLeasesScript, prefix_, {count})));
  std::vector<DueLease> due;
  for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
    due.push_back({std::string(found.text(i)), Millis(found.integer(i + 1))});
  }
  return due;
}

Result<std::optional<ClaimedLease>> RedisLeases::claim(std::string_view holder,
                                                       const std::string& id, Millis life) {
  const std::string length = std::to_string(life.count());
  const std::string brief = std::to_string(kLeaseHeldInEarnest.count());
  PARLEY_TRY(const RedisReply found,
             connection_.run(command_of(kClaimLeaseScript, prefix_, {id, holder, length, brief})));
  if (found.is_nil()) return std::optional<ClaimedLease>();
  return std::optional(ClaimedLease{std::string(found.text(0)), found.text(1) == "1",
                                    static_cast<int>(found.integer(2))});
}

Status RedisLeases::release(std::string_view holder, const std::string& id) {
  PARLEY_TRY(const RedisReply done,
             connection_.run(command_of(kReleaseLeaseScript, prefix_, {id, holder})));
  static_cast<void>(done);
  return {};
}

}  // namespace parley::store
