// SPDX-License-Identifier: Apache-2.0
//
// A conversation on its way from the store to the session that goes on with it. Threads: strand.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.h"
#include "exec/strand.h"
#include "store/conversation_store.h"

namespace parley::service {

class ConversationResume {
 public:
  /// Asks the store; `waker` is woken when it has answered.
  ConversationResume(store::ConversationStore& store, store::Key key, exec::Waker waker) {
    store.take(std::move(key),
               [answer = answer_, waker = std::move(waker)](Result<store::Conversation> taken) {
                 answer->taken.emplace(std::move(taken));
                 answer->is_there.store(true, std::memory_order_release);
                 waker.wake();
               });
  }

  /// Once there is an answer: what it is. Once.
  [[nodiscard]] std::optional<Result<store::Conversation>> answer() {
    if (!answer_->is_there.load(std::memory_order_acquire)) return std::nullopt;
    return std::exchange(answer_->taken, std::nullopt);
  }

 private:
  struct Answer {
    std::optional<Result<store::Conversation>> taken;  // of the store's thread until `is_there`
    std::atomic<bool> is_there{false};
  };
  // Shared with the store, which may answer after the session's end.
  const std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();
};

}  // namespace parley::service
