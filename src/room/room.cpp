// SPDX-License-Identifier: Apache-2.0
#include "room/room.h"

#include <algorithm>
#include <variant>

namespace parley::room {

bool Room::apply(const RoomEvent& event) {
  if (const auto* in = std::get_if<Connected>(&event)) {
    self_ = in->self;
    sid_ = in->sid;
    name_ = in->room;
  } else if (const auto* joined = std::get_if<ParticipantJoined>(&event)) {
    return join(joined->participant);
  } else if (const auto* changed = std::get_if<ParticipantChanged>(&event)) {
    const auto at = participants_.find(changed->participant.identity);
    if (at == participants_.end()) return false;
    at->second = changed->participant;
  } else if (const auto* left = std::get_if<ParticipantLeft>(&event)) {
    return leave(left->identity);
  } else if (const auto* published = std::get_if<TrackPublished>(&event)) {
    if (find(published->identity) == nullptr) return false;
    owners_[published->track.sid] = published->identity;
  } else if (const auto* unpublished = std::get_if<TrackUnpublished>(&event)) {
    return owners_.erase(unpublished->track_sid) > 0;
  }
  return true;
}

bool Room::join(const Participant& participant) {
  if (participants_.size() >= kParticipantsMax && find(participant.identity) == nullptr) {
    return false;
  }
  participants_[participant.identity] = participant;
  return true;
}

bool Room::leave(const std::string& identity) {
  std::erase_if(owners_, [&](const auto& track) { return track.second == identity; });
  return participants_.erase(identity) > 0;
}

const Participant* Room::find(std::string_view identity) const {
  const auto at = participants_.find(identity);
  return at == participants_.end() ? nullptr : &at->second;
}

const Participant* Room::owner_of(std::string_view track_sid) const {
  const auto at = owners_.find(track_sid);
  return at == owners_.end() ? nullptr : find(at->second);
}

std::string Room::name_of(std::string_view identity) const {
  const Participant* const participant = find(identity);
  return std::string(participant == nullptr || participant->name.empty() ? identity
                                                                         : participant->name);
}

std::size_t Room::persons() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      participants_, [](const auto& entry) { return is_person(entry.second); }));
}

bool Room::is_person(const Participant& participant) noexcept {
  return participant.kind == Participant::Kind::standard ||
         participant.kind == Participant::Kind::sip ||
         participant.kind == Participant::Kind::ingress;
}

}  // namespace parley::room
