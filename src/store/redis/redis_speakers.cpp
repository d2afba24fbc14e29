// SPDX-License-Identifier: Apache-2.0
#include "store/redis/redis_speakers.h"

#include "store/redis/scripts.h"

namespace parley::store {

Result<std::unique_ptr<RedisSpeakers>> RedisSpeakers::open(const Options& options,
                                                           const Clock& clock) {
  PARLEY_TRY(RedisUrl url, RedisUrl::parse(options.url));
  std::unique_ptr<RedisSpeakers> backend(new RedisSpeakers(std::move(url), options.prefix, clock));
  PARLEY_TRY(const RedisReply pong, backend->connection_.run({"PING"}));
  static_cast<void>(pong);
  return backend;
}

Result<std::vector<SealedSpeaker>> RedisSpeakers::all(const std::string& owner) {
  const std::string key = prefix_ + owner;
  PARLEY_TRY(const RedisReply fields, connection_.run({"HGETALL", key}));
  std::vector<SealedSpeaker> found;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    found.push_back({std::string(fields.text(i)), std::string(fields.text(i + 1))});
  }
  return found;
}

Result<std::optional<std::string>> RedisSpeakers::get(const std::string& owner,
                                                      const std::string& tag) {
  const std::string key = prefix_ + owner;
  PARLEY_TRY(const RedisReply sealed, connection_.run({"HGET", key, tag}));
  if (sealed.is_nil()) return std::optional<std::string>();
  return std::optional(std::string(sealed.text()));
}

Result<bool> RedisSpeakers::put(const std::string& owner, const std::string& tag,
                                const std::optional<std::string>& before, std::string_view sealed) {
  const std::string key = prefix_ + owner;
  const std::string expected = before.value_or("");
  PARLEY_TRY(const RedisReply kept,
             connection_.run({"EVAL", kPutSpeakerScript, "1", key, tag, expected, sealed}));
  return kept.integer() == 1;
}

Result<bool> RedisSpeakers::remove(const std::string& owner, const std::string& tag) {
  const std::string key = prefix_ + owner;
  PARLEY_TRY(const RedisReply removed, connection_.run({"HDEL", key, tag}));
  return removed.integer() == 1;
}

}  // namespace parley::store
