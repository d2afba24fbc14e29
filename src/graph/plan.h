// SPDX-License-Identifier: Apache-2.0
//
// A graph that was checked: past this point there are no names to look up and nothing to get wrong.
//
// `compile` refuses, naming the node, the port and what would fit: unknown nodes and ports, types
// that differ, formats that differ, a required input without an edge, two edges into one input, a
// cycle (with its path), an id or a boundary name given twice, a spare operator whose ports differ,
// too many nodes.
//
// Threads: one owner, on a control path. Allocates.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph_spec.h"

namespace parley::graph {

class Plan {
 public:
  static constexpr std::size_t kOutside = static_cast<std::size_t>(-1);  // an inlet or outlet

  struct Edge {
    std::size_t from_node = kOutside;  // index in nodes()
    std::size_t to_node = kOutside;
    OutBase* from = nullptr;
    InBase* to = nullptr;
    PortFormat format = {};  // of what flows, as far as it is known
    std::string where = {};  // in a graph file
  };

  /// Errors: invalid_argument.
  static Result<Plan> compile(GraphSpec spec);

  /// In topological order: an edge always goes from a lower index to a higher one.
  [[nodiscard]] std::vector<GraphSpec::Node>& nodes() { return nodes_; }
  [[nodiscard]] const std::vector<GraphSpec::Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Edge>& edges() const { return edges_; }
  [[nodiscard]] std::vector<std::unique_ptr<InletBase>>& inlets() { return inlets_; }
  [[nodiscard]] std::vector<std::unique_ptr<OutletBase>>& outlets() { return outlets_; }

 private:
  friend class PlanCompiler;
  friend class SegmentCutter;  // makes several plans of one
  Plan() = default;
  std::vector<GraphSpec::Node> nodes_;
  std::vector<Edge> edges_;
  std::vector<std::unique_ptr<InletBase>> inlets_;
  std::vector<std::unique_ptr<OutletBase>> outlets_;
};

}  // namespace parley::graph
