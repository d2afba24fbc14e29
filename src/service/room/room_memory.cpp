// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_memory.h"

#include <utility>

#include "base/log.h"
#include "service/realtime/kept_records.h"

namespace parley::service {

RoomMemory::RoomMemory(const Keeping& keeping, ConversationLog::Start start,
                       const ConversationLog::Surroundings& around, exec::Waker waker)
    : store_(*keeping.store),
      key_{start.conversation_id, start.birth.owner},
      clock_(around.clock),
      waker_(waker) {
  log_.emplace(keeping, std::move(start), around, std::move(waker));
}

void RoomMemory::recall() {
  resume_.emplace(store_, key_, waker_);
  recalled_by_ = clock_.now() + kStoreTimeout;
}

std::optional<RoomMemory::Recalled> RoomMemory::recalled() {
  if (!resume_) return std::nullopt;
  std::optional<Result<store::Conversation>> answer = resume_->answer();
  if (!answer && clock_.now() < recalled_by_) return std::nullopt;
  resume_.reset();
  recalled_by_ = Instant::never();
  if (!answer) {
    give_up("the conversation store does not answer");
  } else if (*answer) {
    return take(std::move(**answer));
  } else if (answer->error().code != ErrorCode::not_found) {
    give_up(answer->error().message);
  }
  return Recalled{};
}

RoomMemory::Recalled RoomMemory::take(store::Conversation taken) {
  Recalled recalled;
  log_->resume(taken);
  Result<std::vector<agent::Item>> items = to_items(taken);
  if (!items) {
    give_up(items.error().message);
    return recalled;
  }
  recalled.items = std::move(*items);
  recalled.began = taken.summary.created;
  // What was under way when its agent ended is not any more.
  for (const agent::Item& item : recalled.items) {
    if (item.status == agent::Item::Status::incomplete) log_->change(item);
  }
  return recalled;
}

void RoomMemory::give_up(const std::string& why) {
  log::warn("the conversation of a room is not kept", {{"conversation", key_.id}, {"why", why}});
  log_.reset();
}

void RoomMemory::put(const agent::Item& item, std::string_view previous_id) {
  if (log_) log_->put(item, previous_id);
}

void RoomMemory::change(const agent::Item& item) {
  if (log_) log_->change(item);
}

void RoomMemory::drop(std::string_view item_id) {
  if (log_) log_->drop(item_id);
}

void RoomMemory::submit(const agent::Conversation& conversation) {
  if (!log_) return;
  log_->submit(conversation);
  log_->poll();
  static_cast<void>(log_->take_trouble());  // the log has said so
  // Another agent of this room goes on with it, or somebody erased it.
  if (log_->lost()) give_up(log_->lost()->message);
}

void RoomMemory::leave(const agent::Conversation& conversation) {
  if (log_) log_->leave(conversation);
}

}  // namespace parley::service
