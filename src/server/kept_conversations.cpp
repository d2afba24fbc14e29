// SPDX-License-Identifier: Apache-2.0
#include "server/kept_conversations.h"

#include <cstdlib>
#include <utility>

#include "store/redis/redis_backend.h"
#include "store/sqlite/sqlite_backend.h"

namespace parley::server {

Result<std::string> expanded_path(const std::string& path) {
  if (!path.starts_with("~/")) return path;
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return Error{ErrorCode::failed_precondition,
                 "store.path '" + path +
                     "': there is no home folder ($HOME). Name a file, or keep nothing with "
                     "store.path=\"\""};
  }
  return home + path.substr(1);
}

Result<std::unique_ptr<store::StoreBackend>> open_store(const Config& config, const Clock& clock) {
  const bool sync_full = config.store.sync == "full";
  if (!config.store.url.empty()) {
    PARLEY_TRY(std::unique_ptr<store::StoreBackend> shared,
               store::RedisBackend::open({.url = config.store.url, .sync_full = sync_full}, clock));
    return shared;
  }
  if (config.store.path.empty()) return std::unique_ptr<store::StoreBackend>();
  PARLEY_TRY(const std::string path, expanded_path(config.store.path));
  PARLEY_TRY(std::unique_ptr<store::StoreBackend> backend,
             store::SqliteBackend::open({.path = path, .sync_full = sync_full}));
  return backend;
}

Result<std::unique_ptr<KeptConversations>> KeptConversations::make(
    std::unique_ptr<store::StoreBackend> backend, const Config& config,
    const Surroundings& around) {
  PARLEY_TRY(service::Redaction redaction, service::Redaction::make(config.store.redact));
  std::unique_ptr<KeptConversations> kept(new KeptConversations(std::move(redaction)));
  kept->audio_ = config.store.audio;
  if (backend == nullptr) return kept;
  store::StoreOptions options;
  options.retention = std::chrono::days(config.store.retention_days);
  const store::ConversationStore::Surroundings surroundings{kept->thread_, around.timers,
                                                            around.clock, around.metrics};
  kept->store_ =
      std::make_unique<store::ConversationStore>(std::move(backend), surroundings, options);
  return kept;
}

service::Keeping KeptConversations::keeping() {
  return {.store = store_.get(), .audio = audio_, .redaction = &redaction_};
}

}  // namespace parley::server
