// SPDX-License-Identifier: Apache-2.0
//
// Sealed speakers in a Redis server, which several nodes share: one hash for each owner, tag →
// sealed, under the key speakers:OWNER after the prefix. Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "store/redis/redis_connection.h"
#include "store/speaker_backend.h"

namespace parley::store {

class RedisSpeakers final : public SpeakerBackend {
 public:
  struct Options {
    std::string url;
    std::string prefix = "parley:";
  };

  /// Errors: invalid_argument (the URL); unavailable (nobody answers there).
  static Result<std::unique_ptr<RedisSpeakers>> open(const Options& options, const Clock& clock);

  Result<std::vector<SealedSpeaker>> all(const std::string& owner) override;
  Result<std::optional<std::string>> get(const std::string& owner, const std::string& tag) override;
  Result<bool> put(const std::string& owner, const std::string& tag,
                   const std::optional<std::string>& before, std::string_view sealed) override;
  Result<bool> remove(const std::string& owner, const std::string& tag) override;

 private:
  RedisSpeakers(RedisUrl url, const std::string& prefix, const Clock& clock)
      : connection_(std::move(url), clock), prefix_(prefix + "speakers:") {}

  RedisConnection connection_;
  const std::string prefix_;
};

}  // namespace parley::store
