// SPDX-License-Identifier: Apache-2.0
//
// What happens in a room, as an agent's session is told of it, in order. Threads: value types.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "media/buffer_pool.h"
#include "room/participant.h"

namespace parley::room {

/// Rate of the sound that comes, Hz: mono, s16, 20 ms at a time.
inline constexpr int kSoundRate = 16'000;

/// We are in. Those who were there before follow as ParticipantJoined and TrackPublished.
struct Connected {
  std::string room{};  // its name
  std::string sid{};   // of this room; another one of the same name has another
  Participant self{};
};
/// The way to the room is interrupted; what is sent waits. Connected is not told again.
struct Reconnecting {};
struct Reconnected {};
/// We are out, and nothing more comes. `deleted`: there is no such room any more.
struct Disconnected {
  enum class Why : std::uint8_t { left, removed, deleted, failed };
  Why why = Why::failed;
  Error error{};  // of `failed`
};

struct ParticipantJoined {
  Participant participant;
};
struct ParticipantLeft {
  std::string identity{};
};
/// Name, metadata or attributes are others now.
struct ParticipantChanged {
  Participant participant;
};

struct TrackPublished {
  std::string identity{};
  Track track;
};
struct TrackUnpublished {
  std::string identity{};
  std::string track_sid{};
};
struct TrackMuted {
  std::string track_sid{};
  bool is_muted = false;
};
/// 20 ms of a track that was subscribed to: s16, kSoundRate, mono.
struct TrackSound {
  std::string track_sid{};
  media::BufferRef bytes;
};

/// A whole text stream ("lk.chat"), or what old clients send in its place.
struct TextReceived {
  std::string identity{};  // of the sender; empty: the room's server
  std::string topic{};
  std::string text{};
  Attributes attributes{};
};
/// What others may ask of us by RPC.
struct Say {
  std::string text{};
};
struct Interrupt {};
struct SetInstructions {
  std::string instructions{};
};
/// A method of ours is called; RoomLink::answer_call must follow.
struct CallReceived {
  std::uint64_t call = 0;
  std::string identity{};
  std::variant<Say, Interrupt, SetInstructions> what;
};
/// The program that sent the agent wants this of it.
struct Command {
  std::variant<Say, Interrupt, SetInstructions> what;
};
/// A voice of ours stands in the room, or could not be put there.
struct VoicePublished {
  std::uint64_t voice = 0;
  Result<std::string> track_sid = std::string();
};

using RoomEvent =
    std::variant<Connected, Reconnecting, Reconnected, Disconnected, ParticipantJoined,
                 ParticipantLeft, ParticipantChanged, TrackPublished, TrackUnpublished, TrackMuted,
                 TrackSound, TextReceived, CallReceived, Command, VoicePublished>;

}  // namespace parley::room
