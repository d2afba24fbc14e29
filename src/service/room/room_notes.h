// SPDX-License-Identifier: Apache-2.0
//
// What an agent keeps in its conversation without saying it: items that no model reads, so that a
// later agent of the room finds them. Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/conversation.h"
#include "service/room/room_request.h"

namespace parley::service {

/// Ids of lines of minutes begin so.
inline constexpr std::string_view kLineItem = "line_";
/// The id of the instructions that were given by RPC.
inline constexpr std::string_view kInstructionsItem = "instructions";

[[nodiscard]] agent::Item kept_line(std::string id, const Minutes::Line& line);
/// Nothing: the item is none.
[[nodiscard]] std::optional<Minutes::Line> line_of(const agent::Item& item);

[[nodiscard]] agent::Item kept_instructions(const std::string& instructions);
/// Nothing: the item is none.
[[nodiscard]] std::optional<std::string> instructions_of(const agent::Item& item);

/// True for both of them.
[[nodiscard]] bool is_note(const agent::Item& item);

}  // namespace parley::service
