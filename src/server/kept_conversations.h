// SPDX-License-Identifier: Apache-2.0
//
// The conversations that this server keeps, as its configuration wants it: where, how safely, for
// how long, and what of them not.
//
//   PARLEY_TRY(auto backend, open_store(config, clock));        // early: errors say what to do
//   PARLEY_TRY(auto kept, KeptConversations::make(std::move(backend), config, around));
//
// Threads: construction and destruction one owner, outside the life of every session.
#pragma once

#include <memory>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "exec/thread_executor.h"
#include "service/realtime/conversation_log.h"
#include "store/conversation_store.h"
#include "store/store_backend.h"

namespace parley::server {

/// Null where nothing is kept. Errors name the setting and what to do.
/// `clock` outlives it.
[[nodiscard]] Result<std::unique_ptr<store::StoreBackend>> open_store(const Config& config,
                                                                      const Clock& clock);

/// `~/` is the home folder. Errors: failed_precondition, there is none.
[[nodiscard]] Result<std::string> expanded_path(const std::string& path);

class KeptConversations {
 public:
  /// All outlive it.
  struct Surroundings {
    exec::TimerService& timers;
    const Clock& clock;
    Metrics& metrics;
  };

  /// `backend` may be null: then there is no store. Errors: invalid_argument, of `store.redact`.
  static Result<std::unique_ptr<KeptConversations>> make(
      std::unique_ptr<store::StoreBackend> backend, const Config& config,
      const Surroundings& around);

  [[nodiscard]] service::Keeping keeping();
  /// Null where nothing is kept.
  [[nodiscard]] store::ConversationStore* store() { return store_.get(); }

 private:
  explicit KeptConversations(service::Redaction redaction) : redaction_(std::move(redaction)) {}
  const service::Redaction redaction_;
  bool audio_ = false;
  exec::ThreadExecutor thread_{"parley-store"};
  std::unique_ptr<store::ConversationStore> store_;  // last: it uses the thread
};

}  // namespace parley::server
