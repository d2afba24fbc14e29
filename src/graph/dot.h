// SPDX-License-Identifier: Apache-2.0
//
// A checked graph as text for Graphviz: `parley run GRAPH --dot | dot -Tsvg`. Nodes are boxes with
// their kind, segments are frames around them, edges say what flows in which format. The same graph
// always gives the same text, whoever built it, so that it also serves to compare plans.
//
// Threads: any (a pure function). Allocates.
#pragma once

#include <string>
#include <string_view>

#include "graph/plan.h"

namespace parley::graph {

[[nodiscard]] std::string dot_text(const Plan& plan, std::string_view name);

}  // namespace parley::graph
