// SPDX-License-Identifier: Apache-2.0
//
// What a program of one's own is told of the agent that it sent into a room (docs/rooms/
// own-agents.md), in order. AgentEntered is the first, AgentLeft the last.
//
// Threads: value types.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "base/result.h"
#include "room/participant.h"

namespace parley::service {

struct AgentEntered {
  std::string room{};      // its name
  std::string identity{};  // the agent's own
};
/// A stretch of speech. A later one of the same segment replaces it; the last is final.
struct WordsSaid {
  std::string identity{};  // who said it
  std::string name{};      // as he is called; without a name his identity
  std::string segment{};
  std::string text{};
  std::string language{};     // ISO 639-1; empty: not known
  std::int64_t begin_ms = 0;  // on his track; of the agent's own words both are 0
  std::int64_t end_ms = 0;
  bool is_final = false;
  bool is_own = false;  // the agent's: as much as was heard by now
};
struct WordsTranslated {
  std::string identity{};  // who said what was translated
  std::string name{};
  std::string segment{};  // of the words that were translated
  std::string text{};
  std::string to{};  // ISO 639-1
};
/// Also told of those who were there before the agent.
struct ParticipantCame {
  room::Participant participant;
};
struct ParticipantWent {
  std::string identity{};
};
/// As LiveKit's clients show it: listening, thinking, speaking.
struct AgentStateChanged {
  std::string state{};
};
/// A command that the agent cannot follow: one that only listens was told to speak.
struct CommandRefused {
  std::string command{};  // "say"
  std::string why{};
};
/// The job will be over soon, whatever the program does.
struct EndComes {
  /// The worker is shutting down: what is being said is finished. LiveKit wants the job ended.
  enum class Why : std::uint8_t { drains, terminated };
  Why why = Why::drains;
};
struct AgentLeft {
  Status why;  // an error: it could not stay, or did not get in
};

using AgentEvent =
    std::variant<AgentEntered, WordsSaid, WordsTranslated, ParticipantCame, ParticipantWent,
                 AgentStateChanged, CommandRefused, EndComes, AgentLeft>;

/// Threads: the session's strand; must return at once.
using AgentEventSink = std::function<void(AgentEvent)>;

}  // namespace parley::service
