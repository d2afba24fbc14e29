// SPDX-License-Identifier: Apache-2.0
//
// What a job's metadata asks for: which agent comes into the room, and how it is adjusted. A word
// alone is the agent's name; nothing at all is the worker's own default.
//
//   translator
//   {"agent":"translator","language":"es","to":"en","speak":true}
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Of the whole metadata, of its instructions, and of each other field; longer is an error.
inline constexpr std::size_t kAgentOrderBytesMax = 64U << 10U;
inline constexpr std::size_t kAgentInstructionsBytesMax = 32U << 10U;
inline constexpr std::size_t kAgentFieldBytesMax = 2048;

struct AgentOrder {
  std::string agent;                      // one of those that there are
  std::optional<std::string> language{};  // that is spoken: "es", "zh-CN"
  std::optional<std::string> to{};        // that is translated into
  std::optional<bool> speak{};            // translations are heard, not read only
  std::optional<std::string> instructions{};
  std::optional<std::string> name{};  // the agent's: how it is addressed, and shown
  std::optional<std::string> voice{};
  std::optional<std::string> webhook{};   // http:// or https://: where the minutes go
  std::optional<std::string> greeting{};  // what it says first
};

/// `agents`: the names that there are; `otherwise`: of an order that names none.
[[nodiscard]] std::variant<AgentOrder, ProtocolError> parse_agent_order(
    std::string_view metadata, std::span<const std::string> agents, const std::string& otherwise);

}  // namespace parley::protocol
