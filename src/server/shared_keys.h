// SPDX-License-Identifier: Apache-2.0
//
// Follows the keys in a Redis server, on a thread of its own: no request waits for them. A server
// that does not answer, or that has lost them, changes nothing: who was let in stays.
//
// Threads: construction and destruction one owner; `follow` calls its function on that thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/wait_thread.h"
#include "server/key_file.h"
#include "store/redis/redis_keys.h"

namespace parley::server {

class SharedKeys final : private exec::Waitable {
 public:
  /// A change of the keys counts at most so much later, and a question's way to the server.
  static constexpr Millis kLookEvery{500};

  /// What a look found, and what it counts.
  struct Counts {
    Counter& loads;
    Counter& failed;
  };

  /// Errors: those of RedisKeys::open. `clock` and what `counts` refers to outlive it.
  [[nodiscard]] static Result<std::unique_ptr<SharedKeys>> open(const std::string& url,
                                                                const Clock& clock, Counts counts);
  ~SharedKeys() override;

  /// The keys, if they are others than at the last look. Before `follow`, or on its thread.
  [[nodiscard]] Result<std::optional<KeyRecords>> look();
  /// Gives every change from now on to `take`. Once.
  void follow(std::function<void(const KeyRecords&)> take);

 private:
  SharedKeys(std::unique_ptr<store::RedisKeys> keys, Counts counts)
      : keys_(std::move(keys)), counts_(counts) {}
  void wait() noexcept override;
  void interrupt() noexcept override;

  const std::unique_ptr<store::RedisKeys> keys_;
  const Counts counts_;
  std::string version_;
  bool was_found_ = true;  // at the last look
  std::function<void(const KeyRecords&)> take_;
  std::mutex mutex_;
  std::condition_variable interrupted_;
  bool is_over_ = false;                      // GUARDED_BY(mutex_)
  std::unique_ptr<exec::WaitThread> thread_;  // last: it uses the others
};

}  // namespace parley::server
