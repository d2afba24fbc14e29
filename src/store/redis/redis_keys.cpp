// SPDX-License-Identifier: Apache-2.0
#include "store/redis/redis_keys.h"

#include "base/random.h"
#include "store/redis/scripts.h"

namespace parley::store {

Result<std::unique_ptr<RedisKeys>> RedisKeys::open(const Options& options, const Clock& clock) {
  auto url = RedisUrl::parse(options.url);
  if (!url) return url.error();
  std::unique_ptr<RedisKeys> keys(new RedisKeys(std::move(*url), options.prefix, clock));
  PARLEY_TRY(const RedisReply pong, keys->connection_.run({"PING"}));
  static_cast<void>(pong);
  return keys;
}

Result<std::optional<RedisKeys::Kept>> RedisKeys::read(std::string_view version) {
  PARLEY_TRY(const RedisReply reply,
             connection_.run({"EVAL", kReadKeysScript, "1", key_, version}));
  if (reply.is_nil()) return std::optional<Kept>();
  return std::optional(Kept{std::string(reply.text(1)), std::string(reply.text(0))});
}

Result<bool> RedisKeys::write(std::string_view version, std::string_view text) {
  // No counter: a server that has lost everything must not come back to a version that was.
  const std::string next = Random(entropy_seed()).id("");
  PARLEY_TRY(const RedisReply reply,
             connection_.run({"EVAL", kWriteKeysScript, "1", key_, version, next, text}));
  return reply.integer() == 1;
}

}  // namespace parley::store
