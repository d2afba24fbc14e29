// SPDX-License-Identifier: Apache-2.0
//
// Conversations in this process's memory: for tests, and the plainest statement of what a backend
// does. Threads: one at a time.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/store_backend.h"

namespace parley::store {

class MemoryBackend final : public StoreBackend {
 public:
  void write(std::span<const Batch> batches, std::span<Status> outcomes) override;
  Result<Conversation> load(const Key& key) override;
  Result<Conversation> take(const Key& key) override;
  Result<Page> list(const ListQuery& query) override;
  Status erase(const Key& key) override;
  Result<std::size_t> sweep(std::int64_t before, std::size_t count_max) override;

 private:
  struct Kept {
    std::uint64_t number = 0;  // rises with each conversation
    std::string owner;
    Conversation conversation;  // items in any order
  };

  Status write(const Batch& batch);
  [[nodiscard]] Kept* find(const Key& key);

  std::uint64_t last_number_ = 0;
  std::map<std::string, Kept> kept_;
};

}  // namespace parley::store
