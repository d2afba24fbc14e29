// SPDX-License-Identifier: Apache-2.0
//
// From what a job asks for to the graph of its agent, adjusted: the language that is heard, the one
// that is translated into, whether it is spoken, and by which voice.
//
//   PARLEY_TRY(room::AgentGraph graph, ordered_graph({.agent = "translator", .to = "de"}));
//
// Threads: any (pure functions). Allocates.
#pragma once

#include "base/result.h"
#include "protocol/room/agent_order.h"
#include "room/agent_graph.h"

namespace parley::service {

/// An agent of the box. `translator` into another language than English is `translator-llm`: what
/// the recogniser translates to is English. Errors: not_found, and those of adjust_graph.
[[nodiscard]] Result<room::AgentGraph> ordered_graph(const protocol::AgentOrder& order);

/// The same for a graph of somebody's own, by the kinds of its operators: every `asr` and `partial`
/// hears `language`, every `translate` translates into `to`, and so on. Without `speak` nothing is
/// spoken. Errors: invalid_argument, of what is ordered and the graph has nothing for.
[[nodiscard]] Status adjust_graph(room::AgentGraph& graph, const protocol::AgentOrder& order);

}  // namespace parley::service
