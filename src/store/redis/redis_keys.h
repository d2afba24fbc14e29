// SPDX-License-Identifier: Apache-2.0
//
// The keys that several nodes share: one text in a Redis server, in the hash `keys` after the
// prefix, with a version that is another one after each change. What the text says is for whoever
// writes it. Threads: one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "store/redis/redis_connection.h"

namespace parley::store {

class RedisKeys {
 public:
  struct Options {
    std::string url;
    std::string prefix = "parley:";
  };
  struct Kept {
    std::string text;
    std::string version;  // empty: there is nothing, and never was
  };

  /// Errors: invalid_argument (the URL); unavailable (nobody answers there).
  static Result<std::unique_ptr<RedisKeys>> open(const Options& options, const Clock& clock);

  /// What is kept, unless that is still what `version` was.
  Result<std::optional<Kept>> read(std::string_view version);
  /// False: somebody has changed it since `version`, and nothing was written.
  Result<bool> write(std::string_view version, std::string_view text);

 private:
  RedisKeys(RedisUrl url, const std::string& prefix, const Clock& clock)
      : connection_(std::move(url), clock), key_(prefix + "keys") {}

  RedisConnection connection_;
  const std::string key_;
};

}  // namespace parley::store
