// SPDX-License-Identifier: Apache-2.0
//
// A store in memory that a test looks into, makes fail, and runs when it wants.
//
//   ManualStore store;
//   RealtimeFixture call({.service = {.keeping = {.store = &*store.store}}});
//   store.run();                                   // now what was handed in is written
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "store/conversation_store.h"
#include "store/memory/memory_backend.h"

namespace parley::test {

class WatchedBackend final : public store::StoreBackend {
 public:
  void write(std::span<const store::Batch> batches, std::span<Status> outcomes) override {
    groups.push_back(batches.size());
    if (failure) {
      for (Status& outcome : outcomes) outcome = *failure;
      return;
    }
    memory.write(batches, outcomes);
  }
  Result<store::Conversation> load(const store::Key& key) override { return memory.load(key); }
  Result<store::Conversation> take(const store::Key& key) override { return memory.take(key); }
  Result<store::Page> list(const store::ListQuery& query) override { return memory.list(query); }
  Status erase(const store::Key& key) override { return memory.erase(key); }
  Result<std::size_t> sweep(std::int64_t before, std::size_t count_max) override {
    return memory.sweep(before, count_max);
  }
  void rest() override { ++rests; }

  store::MemoryBackend memory;
  std::vector<std::size_t> groups;  // batches of each write
  std::optional<Error> failure;     // of every write
  int rests = 0;
};

struct ManualStore {
  explicit ManualStore(store::StoreOptions options = {}) {
    auto made = std::make_unique<WatchedBackend>();
    backend = made.get();
    store.emplace(std::move(made),
                  store::ConversationStore::Surroundings{runtime.executor, runtime.timers,
                                                         runtime.clock, metrics},
                  options);
    run();
  }
  void run() { runtime.run_until_idle(); }

  exec::ManualRuntime runtime;
  Metrics metrics;
  WatchedBackend* backend = nullptr;
  std::optional<store::ConversationStore> store;
};

}  // namespace parley::test
