// SPDX-License-Identifier: Apache-2.0
//
// From a graph file that was read to a GraphSpec: operators are made by name, options are checked.
// Whether the graph makes sense is then for Plan::compile, whose messages begin with the file's
// lines, too.
//
//   PARLEY_TRY(GraphFile file, read_graph_file("wake.yaml"));
//   PARLEY_TRY(GraphSpec spec, build_graph(file, registry));
//   PARLEY_TRY(Plan plan, Plan::compile(std::move(spec)));
//
// Threads: any; the registry is only read. Allocates.
#pragma once

#include "base/result.h"
#include "graph/graph_file.h"
#include "graph/graph_spec.h"
#include "graph/registry.h"

namespace parley::graph {

/// Errors: invalid_argument (an unknown kind or option, a value out of range, a wire from nowhere),
/// and those of the operators' factories; all begin with `file:line` and name the node.
[[nodiscard]] Result<GraphSpec> build_graph(const GraphFile& file, const Registry& registry);

}  // namespace parley::graph
