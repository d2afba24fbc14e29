// SPDX-License-Identifier: Apache-2.0
//
// Server events that wait until what they acknowledge is written, and those behind them: the order
// of events is a promise, too. Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <variant>

#include "protocol/realtime/server_event.h"

namespace parley::service {

/// Beyond this the session takes no more events and lets its reply wait, until the store has
/// answered (kStoreTimeout at the latest).
inline constexpr std::size_t kEventsHeldMax = 4096;

/// True for events that say that something is in the conversation, or gone from it. What leads up
/// to them (deltas, opening events) says no such thing.
[[nodiscard]] inline bool acknowledges(const protocol::ServerPayload& payload) {
  using namespace protocol;
  return std::holds_alternative<ItemAdded>(payload) || std::holds_alternative<ItemDone>(payload) ||
         std::holds_alternative<ItemRetrieved>(payload) ||
         std::holds_alternative<ItemTruncated>(payload) ||
         std::holds_alternative<ItemDeleted>(payload) ||
         std::holds_alternative<BufferCommitted>(payload) ||
         std::holds_alternative<TranscriptionCompleted>(payload) ||
         std::holds_alternative<OutputItemDone>(payload) ||
         std::holds_alternative<ResponseDone>(payload) ||
         std::holds_alternative<SessionCreated>(payload);
}

class HeldEvents {
 public:
  /// `needs`: the change that must be written before; 0: none.
  void push(protocol::ServerEvent event, std::uint64_t needs) {
    waiting_.push_back({std::move(event), needs});
  }
  /// Gives `deliver` what need not wait any longer, in order.
  template <typename Deliver>
  void release(std::uint64_t kept, Deliver deliver) {
    while (!waiting_.empty() && waiting_.front().needs <= kept) {
      protocol::ServerEvent event = std::move(waiting_.front().event);
      waiting_.pop_front();
      deliver(std::move(event));
    }
  }
  void clear() { waiting_.clear(); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] bool full() const { return waiting_.size() >= kEventsHeldMax; }

 private:
  struct Held {
    protocol::ServerEvent event;
    std::uint64_t needs;
  };
  std::deque<Held> waiting_;
};

}  // namespace parley::service
