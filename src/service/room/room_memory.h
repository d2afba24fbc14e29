// SPDX-License-Identifier: Apache-2.0
//
// What an agent remembers of a room beyond its own life: its conversation is kept as it happens,
// as that of a Realtime session is (service/realtime/conversation_log.h), and recalled by the agent
// that comes into the room in its place, or again.
//
// A store that fails changes nothing in the room: the agent begins anew, or goes on without being
// kept, and the log says so. Threads: strand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/conversation.h"
#include "base/clock.h"
#include "exec/strand.h"
#include "service/realtime/conversation_log.h"
#include "service/realtime/conversation_resume.h"

namespace parley::service {

class RoomMemory {
 public:
  /// REQUIRES: `keeping` has a store.
  RoomMemory(const Keeping& keeping, ConversationLog::Start start,
             const ConversationLog::Surroundings& around, exec::Waker waker);

  /// Asks for what was said before. Once.
  void recall();
  /// Once there is an answer, or none comes in time: what was said; nothing at all is fine, too.
  struct Recalled {
    std::vector<agent::Item> items;
    std::int64_t began = 0;  // seconds since 1970; 0: with us
  };
  [[nodiscard]] std::optional<Recalled> recalled();
  /// When `recalled` gives up waiting.
  [[nodiscard]] Instant next_at() const { return recalled_by_; }

  // What happened, after it did.
  void put(const agent::Item& item, std::string_view previous_id);
  void change(const agent::Item& item);
  void drop(std::string_view item_id);
  /// Gives the store what was recorded, and takes its answers.
  void submit(const agent::Conversation& conversation);
  /// The agent goes: what is under way stays as far as it went.
  void leave(const agent::Conversation& conversation);
  /// All that was recorded is kept, or never will be.
  [[nodiscard]] bool is_idle() const { return !log_ || log_->idle(); }

 private:
  Recalled take(store::Conversation taken);
  void give_up(const std::string& why);

  store::ConversationStore& store_;
  const store::Key key_;
  const Clock& clock_;
  const exec::Waker waker_;
  std::optional<ConversationLog> log_;        // nothing: it is not kept any more
  std::optional<ConversationResume> resume_;  // while the store is asked
  Instant recalled_by_ = Instant::never();
};

}  // namespace parley::service
