// SPDX-License-Identifier: Apache-2.0
//
// The words of the Realtime API (GA) for what an item is; messages list them in this order.
// Only for .cpp files of this folder. Threads: any (pure).
#pragma once

#include <array>

#include "protocol/choice.h"
#include "protocol/realtime/item.h"

namespace parley::protocol {

inline constexpr std::array<Choice<Item::Type>, 7> kItemTypes{
    {{"message", Item::Type::message},
     {"function_call", Item::Type::function_call},
     {"function_call_output", Item::Type::function_call_output},
     {"mcp_list_tools", Item::Type::mcp_list_tools},
     {"mcp_call", Item::Type::mcp_call},
     {"mcp_approval_request", Item::Type::mcp_approval_request},
     {"mcp_approval_response", Item::Type::mcp_approval_response}}};
inline constexpr std::array<Choice<Item::Role>, 3> kItemRoles{
    {{"system", Item::Role::system},
     {"user", Item::Role::user},
     {"assistant", Item::Role::assistant}}};
inline constexpr std::array<Choice<Item::Status>, 3> kItemStatuses{
    {{"completed", Item::Status::completed},
     {"incomplete", Item::Status::incomplete},
     {"in_progress", Item::Status::in_progress}}};
inline constexpr std::array<Choice<ItemContent::Kind>, 5> kContentKinds{
    {{"input_text", ItemContent::Kind::input_text},
     {"input_audio", ItemContent::Kind::input_audio},
     {"input_image", ItemContent::Kind::input_image},
     {"output_text", ItemContent::Kind::output_text},
     {"output_audio", ItemContent::Kind::output_audio}}};

}  // namespace parley::protocol
