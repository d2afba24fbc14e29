// SPDX-License-Identifier: Apache-2.0
//
// How a place in a room is taken and given away. No word is lost on the way: the successor is in
// the room and listens before its predecessor goes, keeps the words that it hears, and throws away
// those that the predecessor has dealt with. Which those are it knows by the track's own time: the
// predecessor gives its place away when nothing was said for a while.
//
//   predecessor  working … is told who comes … calm → "handed over" → leaves when we work
//   successor    behind (state "idle") ………………………… → recalling → working
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "room/addressee.h"
#include "service/room/room_core.h"
#include "service/room/room_notes.h"

namespace parley::service {
namespace {

using media::MediaTime;

/// Of each track, before we say that we could begin; who is muted sends nothing.
constexpr Millis kHeardFirst{200};
constexpr const char* kIdle = "idle";
constexpr const char* kInitializing = "initializing";

}  // namespace

// --- taken ---------------------------------------------------------------------------------------

void RoomCore::begin(Instant now) {
  entered_at_ = now;
  if (request_.predecessor.empty()) return recall();
  place_ = Place::behind;
}

void RoomCore::look_at_place(Instant now) {
  if (place_ == Place::behind) look_at_predecessor(now);
  if (place_ != Place::recalling) return;
  if (!memory_) return work({});
  if (std::optional<RoomMemory::Recalled> recalled = memory_->recalled()) {
    work(std::move(*recalled));
  }
}

void RoomCore::look_at_predecessor(Instant now) {
  const room::Participant* const before = room_.find(request_.predecessor);
  was_predecessor_seen_ |= before != nullptr;
  const bool is_late = now >= entered_at_ + kPredecessorLook;
  const bool hears = !tracks_.empty() && std::ranges::all_of(tracks_, [](const auto& entry) {
    return entry.second.pipeline->given() >= MediaTime::from_ms(kHeardFirst.count());
  });
  if (!is_ready_told_ && before != nullptr && (is_late || hears)) {
    is_ready_told_ = true;
    link_->set_attributes({{kStateAttribute, kIdle}});
  }
  const bool is_handed_over =
      before != nullptr && before->attributes.contains(kHandedOverAttribute);
  const bool is_gone = before == nullptr && (was_predecessor_seen_ || is_late);
  const bool is_over = now >= entered_at_ + request_.predecessor_patience;
  if (!is_handed_over && !is_gone && !is_over) return;
  const Millis overlap = is_handed_over ? kHandOverOverlap : kCutOverlap;
  const MediaTime back = MediaTime::from_ms(overlap.count());
  for (const auto& [sid, track] : tracks_) dealt_with_[sid] = track.pipeline->given() - back;
  std::erase_if(held_texts_, [&](const HeldText& held) { return held.at + overlap < now; });
  log::info(
      "an agent takes another's place",
      {{"session", id_}, {"predecessor", request_.predecessor}, {"handed_over", is_handed_over}});
  recall();
}

void RoomCore::recall() {
  place_ = Place::recalling;
  if (memory_) {
    memory_->recall();
  } else {
    waker().wake();
  }
}

void RoomCore::work(RoomMemory::Recalled recalled) {
  place_ = Place::working;
  tell_program(AgentEntered{room_.name(), room_.self().identity});
  const bool is_first = recalled.items.empty() && !request_.takes_over;
  remember(std::move(recalled));
  if (answers_ && is_first && !request_.greeting.empty()) wants_say_ = request_.greeting;
  for (const HeldWords& heard : std::exchange(held_words_, {})) {
    if (!is_dealt_with(heard)) tell(heard);
  }
  for (const HeldText& held : std::exchange(held_texts_, {})) read(held.text);
}

bool RoomCore::is_dealt_with(const HeldWords& heard) const {
  const auto at = dealt_with_.find(heard.track_sid);
  return at != dealt_with_.end() && heard.words.head.pts + heard.words.head.duration <= at->second;
}

/// What the agents before us have heard, said, and were told.
void RoomCore::remember(RoomMemory::Recalled recalled) {
  if (recalled.items.empty()) return;
  for (const agent::Item& item : recalled.items) {
    if (const auto instructions = instructions_of(item)) settings_.instructions = *instructions;
    if (const auto line = line_of(item)) {
      minutes_.lines.push_back(*line);
      line_items_.push_back(item.id);
      minutes_state_ = MinutesState::wanted;
    }
  }
  if (!minutes_.lines.empty()) {
    // The conversation began with the first of them.
    const std::chrono::seconds age(context_.clock.unix_seconds() - recalled.began);
    minutes_from_ = context_.clock.now() - age - Millis(minutes_.lines.front().at_ms);
  }
  const auto last = std::ranges::find_if(recalled.items.rbegin(), recalled.items.rend(),
                                         [](const agent::Item& item) { return !is_note(item); });
  // What was said last may have been said to the agent that is gone.
  if (answers_ && request_.takes_over && last != recalled.items.rend() &&
      last->role == agent::Item::Role::user && !last->content.empty()) {
    wants_reply_ |=
        room_.persons() <= 1 || room::is_named(last->content.back().text, request_.name);
  }
  log::info("an agent remembers", {{"session", id_}, {"items", recalled.items.size()}});
  agent_->load(std::move(recalled.items));
  agent_->settings_changed();
}

void RoomCore::set_instructions(const std::string& instructions) {
  settings_.instructions = instructions;
  agent_->settings_changed();
  if (!memory_) return;
  if (agent_->conversation().find(kInstructionsItem) != nullptr) {
    agent_->delete_item(kInstructionsItem);
  }
  agent_->insert_item(kept_instructions(instructions), {});
}

// --- given away ----------------------------------------------------------------------------------

void RoomCore::hand_over(std::string successor) {
  successor_ = std::move(successor);
  finish();
}

std::string RoomCore::state_of(const std::string& identity) const {
  const room::Participant* const one = room_.find(identity);
  if (one == nullptr) return {};
  const auto at = one->attributes.find(kStateAttribute);
  return at == one->attributes.end() ? std::string() : at->second;
}

void RoomCore::give_place(Instant now) {
  const std::string next = state_of(successor_);
  if (place_ == Place::handed_over) {
    const bool has_begun = !next.empty() && next != kIdle && next != kInitializing;
    const bool is_kept = !memory_ || memory_->is_idle();
    if ((has_begun && is_kept) || now >= handed_over_at_ + kHandOverGoodbye) {
      end(kCloseGoingAway, "another agent has the room");
    }
    return;
  }
  if (is_anybody_speaking() || is_answering() || wants_reply_ || wants_say_) active_at_ = now;
  const bool is_calm = now >= active_at_ + kHandOverCalm && is_all_said(now);
  if (next != kIdle || !is_calm) return;
  place_ = Place::handed_over;
  handed_over_at_ = now;
  link_->set_attributes({{kHandedOverAttribute, "true"}});
}

void RoomCore::part() {
  if (memory_) memory_->leave(agent_->conversation());
}

// --- kept ----------------------------------------------------------------------------------------

void RoomCore::item_added(const agent::Item& item, std::string_view previous_id) {
  if (memory_) memory_->put(item, previous_id);
}

void RoomCore::item_done(const agent::Item& item, std::string_view /*previous_id*/) {
  if (memory_) memory_->change(item);
}

void RoomCore::item_deleted(std::string_view item_id) {
  if (memory_) memory_->drop(item_id);
}

}  // namespace parley::service
