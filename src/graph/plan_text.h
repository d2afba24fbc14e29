// SPDX-License-Identifier: Apache-2.0
//
// The words of Plan's error messages: what ports an operator has, and what would fit an edge.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph_spec.h"
#include "graph/plan.h"

namespace parley::graph {

/// `a, b, c`, or `none`.
[[nodiscard]] std::string list_text(const std::vector<std::string_view>& names);

/// `AudioFrame at 16000 Hz`: a port's kind and the format that it demands or promises.
[[nodiscard]] std::string kind_text(const PortBase& port);

/// `audio (AudioFrame), speech (SpeechEvent)`, or `none`.
[[nodiscard]] std::string inputs_text(const Operator& op);
[[nodiscard]] std::string outputs_text(const Operator& op);

/// Both, to compare the ports of two operators.
[[nodiscard]] std::string signature_text(const Operator& op);

/// Where an edge comes from: `node.port`, or `inlet 'name'`.
[[nodiscard]] std::string place_text(const GraphSpec& spec, const Plan::Edge& edge);
/// Where it goes: `node.port`, or `outlet 'name'`.
[[nodiscard]] std::string target_text(const GraphSpec& spec, const Plan::Edge& edge);

/// An invalid_argument; `where` (`file:line`, or empty) stands before the message.
[[nodiscard]] Error wrong_graph(const std::string& where, std::string message);

/// The outputs that `edge.to` could take and, when `edge.from` is given, the inputs that it could
/// feed.
[[nodiscard]] std::string fitting_text(const GraphSpec& spec, const Plan::Edge& edge);

}  // namespace parley::graph
