// SPDX-License-Identifier: Apache-2.0
//
// What ApiKeys stands on: the list of keys now, and the file or the Redis server that it follows.
// Another list takes the place of one that has changed; whoever holds a list keeps it.
//
// Threads: any. `keys` reads the file when it has changed: seldom, and at most every kLookEvery; it
// never waits for Redis (shared_keys.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "server/api_keys.h"
#include "server/key_file.h"
#include "server/shared_keys.h"

namespace parley::server {

/// Those of `server.api_keys`.
[[nodiscard]] std::vector<ApiKey> clear_keys(const std::vector<std::string>& keys,
                                             const KeyLimits& limits);
/// And of `server.keys`. Errors: invalid_argument, naming the entry.
[[nodiscard]] Result<std::vector<ApiKey>> configured_keys(const Config& config);

/// Immutable, but for the lives of its keys.
struct KeyList {
  std::vector<ApiKey> all;
  std::unordered_map<std::string, std::size_t> by_digest;
  std::uint64_t version = 0;
};

class KeyRing {
 public:
  /// A change of the file counts at the first request that comes this long after the last look.
  static constexpr Millis kLookEvery{500};

  [[nodiscard]] static std::shared_ptr<KeyRing> of(std::vector<ApiKey> keys);
  /// Errors: see ApiKeys::follow.
  [[nodiscard]] static Result<std::shared_ptr<KeyRing>> follow(const Config& config,
                                                               const Clock& clock,
                                                               Metrics& metrics);

  [[nodiscard]] bool is_open() const noexcept { return source_ == nullptr && fixed_ == 0; }
  [[nodiscard]] std::optional<std::size_t> find(const std::string& digest);
  [[nodiscard]] std::shared_ptr<const KeyList> keys();

 private:
  /// What is so as long as the file is not replaced.
  struct Stamp {
    std::int64_t changed_ns = 0;
    std::uint64_t inode = 0;
    std::int64_t bytes = -1;  // there is none
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  /// What keys that come and go come from: a file, unless the path is empty.
  struct Source {
    Source(const Config& config, const Clock& with, Metrics& metrics);
    [[nodiscard]] Stamp stamp() const;

    const std::string path;
    const KeyLimits defaults;
    const Clock& clock;
    Counter& loads;
    Counter& failed;
    std::atomic<std::int64_t> look_at_ns{0};
    Stamp loaded;  // GUARDED_BY(loading_)
  };

  KeyRing(std::vector<ApiKey> keys, std::unique_ptr<Source> source);
  [[nodiscard]] Status follow_shared(const Config& config);
  void look();
  [[nodiscard]] Status load();
  void take(const KeyRecords& records);
  [[nodiscard]] std::shared_ptr<const KeyList> now() const;

  const std::size_t fixed_;               // keys of the configuration, which come first
  const std::unique_ptr<Source> source_;  // null: none is followed
  std::mutex loading_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeyList> list_;  // GUARDED_BY(mutex_); shared with requests on their way
  std::unique_ptr<SharedKeys> shared_;   // null: no Redis; last: its thread changes the list
};

}  // namespace parley::server
