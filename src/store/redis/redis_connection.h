// SPDX-License-Identifier: Apache-2.0
//
// One connection to a Redis server, made when it is needed and again after it broke. Private to
// this folder. Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/result.h"
#include "store/redis/redis_url.h"

namespace parley::store {

/// For a connection, and for each answer. A store that is away must not keep sessions waiting.
inline constexpr Millis kRedisTimeout{2000};
/// After a failed connection the next is tried so much later; calls fail at once until then.
inline constexpr Millis kRedisPause{500};

class RedisReply {
 public:
  explicit RedisReply(redisReply* reply) : reply_(reply) {}
  [[nodiscard]] bool is_error() const { return reply_->type == REDIS_REPLY_ERROR; }
  [[nodiscard]] bool is_nil() const { return reply_->type == REDIS_REPLY_NIL; }
  /// Of strings, statuses and errors.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::int64_t integer() const;  // also of strings that are one
  /// Of arrays; empty for anything else.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::string_view text(std::size_t index) const;
  [[nodiscard]] std::int64_t integer(std::size_t index) const;
  [[nodiscard]] bool is_nil(std::size_t index) const;

 private:
  struct Free {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
  };
  std::unique_ptr<redisReply, Free> reply_;
};

class RedisConnection {
 public:
  using Command = std::vector<std::string_view>;

  RedisConnection(RedisUrl url, const Clock& clock);

  /// An answer. Errors: unavailable (no connection, or it broke: nobody knows what became of the
  /// command), permission_denied (password), internal (what the server says).
  Result<RedisReply> run(const Command& command);
  /// All sent, then all answers read; the first that does not come ends it.
  std::vector<Result<RedisReply>> run(const std::vector<Command>& commands);

 private:
  Status connect();
  Status greet();
  Error broken();
  Result<RedisReply> read();

  struct Free {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };
  const RedisUrl url_;
  const Clock& clock_;
  std::unique_ptr<redisContext, Free> context_;
  Instant next_try_;
  std::string last_failure_;
};

}  // namespace parley::store
