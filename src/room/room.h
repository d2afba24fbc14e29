// SPDX-License-Identifier: Apache-2.0
//
// Who is in the room now: participants, and whose each track is. It is told the room's events and
// answers questions; it does nothing by itself.
//
//   Room room;
//   room.apply(event);
//   if (room.persons() == 1) …
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "room/participant.h"
#include "room/room_event.h"

namespace parley::room {

/// Participants that are known at once; of further ones nothing is heard (counted by the session).
inline constexpr std::size_t kParticipantsMax = 1'000;

class Room {
 public:
  /// False: there was no room for a participant, or the event is about somebody unknown.
  bool apply(const RoomEvent& event);

  [[nodiscard]] const Participant& self() const noexcept { return self_; }
  [[nodiscard]] const std::string& sid() const noexcept { return sid_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Null: nobody of that identity is there.
  [[nodiscard]] const Participant* find(std::string_view identity) const;
  /// Null: there is no such track.
  [[nodiscard]] const Participant* owner_of(std::string_view track_sid) const;
  /// How he is called in a conversation: his name, or else his identity.
  [[nodiscard]] std::string name_of(std::string_view identity) const;
  /// Who may speak and be spoken to: agents and recorders do not count, we neither.
  [[nodiscard]] std::size_t persons() const;

  [[nodiscard]] static bool is_person(const Participant& participant) noexcept;

 private:
  bool join(const Participant& participant);
  bool leave(const std::string& identity);

  Participant self_;
  std::string sid_;
  std::string name_;
  std::map<std::string, Participant, std::less<>> participants_;
  std::map<std::string, std::string, std::less<>> owners_;  // of tracks: identities
};

}  // namespace parley::room
