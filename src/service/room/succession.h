// SPDX-License-Identifier: Apache-2.0
//
// What two agents of a room keep to when one takes the other's place (room_core_succession.cpp).
#pragma once

#include <cstddef>

#include "base/clock.h"

namespace parley::service {

/// Texts of a room whose agent is not at work yet: what was written, and what was said. Policy when
/// full: the oldest goes.
inline constexpr std::size_t kRoomTextsHeldMax = 64;
/// A predecessor is known to be there when the room is entered, or so much later.
inline constexpr Millis kPredecessorLook{1'000};
/// Nobody spoke and nothing was answered for so long: then a place may be given away …
inline constexpr Millis kHandOverCalm{500};
/// … and whoever gets it knows: words that ended so long ago or earlier have been dealt with. Where
/// the predecessor was cut off it may have missed some; those are rather told twice.
inline constexpr Millis kHandOverOverlap{250};
inline constexpr Millis kCutOverlap{1'500};
/// For the successor to begin; then its predecessor goes all the same.
inline constexpr Millis kHandOverGoodbye{1'000};

inline constexpr const char* kStateAttribute = "lk.agent.state";
/// "true": the agent's successor may begin.
inline constexpr const char* kHandedOverAttribute = "parley.handed_over";

}  // namespace parley::service
