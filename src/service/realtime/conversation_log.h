// SPDX-License-Identifier: Apache-2.0
//
// Keeps a session's conversation as it happens: what the agent and the client do to it becomes
// changes, all changes of one slice of the strand become one batch of the store.
//
// Each change has a number. `kept()` says up to which one everything is written, so that whoever
// acknowledges a change can wait for it. When the store fails, nobody waits any more: the session
// goes on, the log says so once (`take_trouble`), and when the store works again the whole
// conversation is written anew.
//
// A conversation is there from its first item on. Threads: strand.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/conversation.h"
#include "base/clock.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "protocol/realtime/server_event.h"
#include "service/realtime/order_keys.h"
#include "service/realtime/redaction.h"
#include "store/conversation_store.h"

namespace parley::service {

/// Without an answer for so long, the store counts as failing.
inline constexpr Millis kStoreTimeout{5000};
/// Responses that wait for a store that fails; the oldest are forgotten (their usage is in the
/// metrics all the same).
inline constexpr std::size_t kUnkeptResponsesMax = 256;

/// How conversations are kept; one for all sessions.
struct Keeping {
  store::ConversationStore* store = nullptr;  // null: not at all
  bool audio = false;                         // with their sound
  const Redaction* redaction = nullptr;       // null: as they are; with patterns never with sound
};

class ConversationLog {
 public:
  struct Start {
    std::string conversation_id;
    store::Birth birth;
  };
  /// All outlive the log.
  struct Surroundings {
    const Clock& clock;
    exec::TimerService& timers;
  };

  ConversationLog(const Keeping& keeping, Start start, const Surroundings& around,
                  exec::Waker waker);
  ~ConversationLog();
  ConversationLog(const ConversationLog&) = delete;
  ConversationLog& operator=(const ConversationLog&) = delete;

  /// Goes on with what was taken from the store. REQUIRES: nothing was recorded.
  void resume(const store::Conversation& taken);

  // What happened, after it did.
  /// A new item, or one that changed.
  void put(const agent::Item& item, std::string_view previous_id);
  void change(const agent::Item& item);
  void drop(std::string_view item_id);
  void respond(const protocol::ResponseObject& response);

  /// The session is over: what is still in progress stays as far as it went.
  void leave(const agent::Conversation& conversation);
  /// Gives the store what was recorded.
  void submit(const agent::Conversation& conversation);
  /// Takes the store's answers.
  void poll();

  [[nodiscard]] std::uint64_t recorded() const { return recorded_; }
  /// Whoever waits for this change or an earlier one need not wait any longer.
  [[nodiscard]] std::uint64_t kept() const { return state_ == State::keeping ? kept_ : recorded_; }
  /// Nothing is on its way to the store.
  [[nodiscard]] bool idle() const { return in_flight_.empty() && changes_.empty(); }
  /// Why nothing is kept for the time being; once for each time.
  [[nodiscard]] std::optional<Error> take_trouble();
  /// The conversation is another session's, or was deleted: this one must end.
  [[nodiscard]] const std::optional<Error>& lost() const { return lost_; }

 private:
  /// A batch on its way. Shared with the store, which may answer after the session's end.
  struct Ticket {
    std::atomic<bool> answered{false};
    Status outcome;  // of the store's thread until `answered`
    std::uint64_t up_to = 0;
    Instant sent;
    bool rewrites = false;
    std::vector<store::Response> responses;
  };
  /// What the store has of an item's JSON and sound.
  struct Written {
    std::size_t json = 0;  // its hash
    std::map<std::int32_t, std::size_t> samples;
  };

  void write(const agent::Item& item);
  void write_audio(const agent::Item& item, Written& written);
  void rewrite(const agent::Conversation& conversation);
  void send(bool rewrites);
  void fail(Error error);
  void look_after(Instant at);
  void take_answer(Ticket& ticket);

  const Keeping keeping_;
  const Start start_;
  const Clock& clock_;
  exec::TimerService& timers_;
  const exec::Waker waker_;

  std::uint64_t epoch_ = 1;
  bool is_born_ = false;   // the store has it
  bool is_begun_ = false;  // it has, or had, an item
  OrderKeys order_;
  std::map<std::string, Written, std::less<>> written_;

  std::vector<store::Change> changes_;
  std::deque<store::Response> unkept_;
  std::deque<std::shared_ptr<Ticket>> in_flight_;
  std::uint64_t recorded_ = 0;
  std::uint64_t kept_ = 0;

  /// rewriting: all was sent again, and nobody knows yet whether the store takes it.
  enum class State : std::uint8_t { keeping, failing, rewriting };
  State state_ = State::keeping;
  std::optional<Error> trouble_;
  std::optional<Error> lost_;
  Instant retry_at_;
  Nanos retry_after_{0};
  exec::TimerService::Id timer_ = 0;
  Instant timer_at_ = Instant::never();
};

}  // namespace parley::service
