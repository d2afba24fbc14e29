// SPDX-License-Identifier: Apache-2.0
//
// Who is in a room and what is heard of him, as an SFU tells it. Threads: value types.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace parley::room {

/// Free text of a participant by name; LiveKit's own begin with "lk.".
using Attributes = std::map<std::string, std::string>;

struct Participant {
  enum class Kind : std::uint8_t { standard, ingress, egress, sip, agent, other };

  std::string identity{};  // unique in the room
  std::string sid{};       // of this visit
  std::string name{};      // to be shown; may be empty
  std::string metadata{};
  Kind kind = Kind::standard;
  Attributes attributes{};
};

/// A spoken track of a participant; others (cameras, screens) are not told at all.
struct Track {
  std::string sid{};
  std::string name{};
  bool is_muted = false;
};

}  // namespace parley::room
