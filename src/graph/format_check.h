// SPDX-License-Identifier: Apache-2.0
//
// Follows formats (sample rates, channels, tensor shapes) from where they are known downstream
// through the graph, and finds the first port that is given what it cannot take.
//
// Threads: any (a pure function). Allocates.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "graph/graph_spec.h"
#include "graph/plan.h"

namespace parley::graph {

/// `order`: the nodes of `spec` in topological order; `edges`: with nodes as indices in spec.nodes.
/// Sets the format of every edge. Errors: invalid_argument.
Status check_formats(const GraphSpec& spec, std::span<const std::size_t> order,
                     std::span<Plan::Edge> edges);

}  // namespace parley::graph
