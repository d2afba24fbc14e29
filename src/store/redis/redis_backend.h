// SPDX-License-Identifier: Apache-2.0
//
// Conversations in a Redis server, so that several processes share them. Each batch is one script,
// which Redis runs whole or not at all; how much of it survives the server's own end is that
// server's `appendonly` and `appendfsync`.
//
// Keys, with a prefix of their own (one server, or one with replicas; not a cluster):
//   conversation:ID  hash        owner, model, metadata, epoch, number, created, updated
//   items:ID         hash        item → JSON          order:ID   sorted set  item by position
//   audio:ID         hash        "part item" → "rate:" and samples
//   responses:ID     hash        response → JSON      done:ID    list of their ids
//   list:OWNER       sorted set  conversation by number
//   updated          sorted set  conversation by time of its last change
//   last_number      counter
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/redis/redis_connection.h"
#include "store/store_backend.h"

namespace parley::store {

class RedisBackend final : public StoreBackend {
 public:
  struct Options {
    std::string url;
    std::string prefix = "parley:";
    bool sync_full = false;  // the server must write to its disk before it answers
  };

  /// Errors: invalid_argument (the URL); unavailable (nobody answers there);
  /// failed_precondition, `sync_full` and the server's own settings do not go together.
  static Result<std::unique_ptr<RedisBackend>> open(const Options& options, const Clock& clock);

  void write(std::span<const Batch> batches, std::span<Status> outcomes) override;
  Result<Conversation> load(const Key& key) override;
  Result<Conversation> take(const Key& key) override;
  Result<Page> list(const ListQuery& query) override;
  Status erase(const Key& key) override;
  Result<std::size_t> sweep(std::int64_t before, std::size_t count_max) override;

 private:
  RedisBackend(RedisUrl url, std::string prefix, const Clock& clock)
      : connection_(std::move(url), clock), prefix_(std::move(prefix)) {}
  Status check_sync();
  Result<Conversation> read(const Key& key, bool is_taken);
  Status read_audio(const std::string& id, Conversation& to);
  Result<Summary> summary(const std::string& id);
  [[nodiscard]] std::string key(std::string_view kind, std::string_view id) const;

  RedisConnection connection_;
  const std::string prefix_;
};

}  // namespace parley::store
