// SPDX-License-Identifier: Apache-2.0
//
// What a program that does the jobs of a worker from another process writes to it, a line of JSON
// each (docs/rooms/own-agents.md, "In another language").
//
//   {"type":"ready"}                                        once, when it is prewarmed
//   {"type":"failed","error":"no database"}                 or it is not
//   {"type":"join","job":"AJ_1","order":{"agent":"assistant"}}
//   {"type":"say","job":"AJ_1","text":"Hello"}
//   {"type":"interrupt","job":"AJ_1"}
//   {"type":"set_instructions","job":"AJ_1","instructions":"Be brief"}
//   {"type":"leave","job":"AJ_1"}
//   {"type":"done","job":"AJ_1","error":null}               its entry point has returned
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"
#include "protocol/room/agent_order.h"

namespace parley::protocol {

/// Of one line: the longest instructions, escaped, and the rest. Whoever sends more is cut off.
inline constexpr std::size_t kEntryLineBytesMax = 512U << 10U;

struct EntryCommand {
  enum class Kind : std::uint8_t {
    ready,
    failed,
    join,
    say,
    interrupt,
    set_instructions,
    leave,
    done
  };
  Kind kind = Kind::ready;
  std::string job{};                     // its id, except of ready and failed
  std::string text{};                    // of say and set_instructions
  AgentOrder order{};                    // of join
  std::optional<std::string> error{};    // of failed, and of a job that has
  std::optional<std::string> trouble{};  // not to be followed: what is wrong, for its job
};

/// Errors: what is no such message at all.
[[nodiscard]] std::variant<EntryCommand, ProtocolError> parse_entry_command(std::string_view line);

}  // namespace parley::protocol
