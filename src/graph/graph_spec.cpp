// SPDX-License-Identifier: Apache-2.0
#include "graph/graph_spec.h"

#include <utility>

namespace parley::graph {

GraphSpec& GraphSpec::add(std::string_view id, std::unique_ptr<Operator> node,
                          NodeOptions options) {
  nodes.push_back({.id = std::string(id), .op = std::move(node), .options = std::move(options)});
  return *this;
}

Status GraphSpec::add(std::string_view id, const Registry& registry, std::string_view kind,
                      const OptionMap& option_map, NodeOptions options) {
  Result<std::unique_ptr<Operator>> made = registry.make(kind, option_map);
  if (!made) return made.error().with_context("node '" + std::string(id) + "'");
  add(id, *std::move(made), std::move(options));
  nodes.back().kind = std::string(kind);
  return {};
}

GraphSpec& GraphSpec::connect(std::string_view from, std::string_view to) {
  edges.push_back({.from = std::string(from), .to = std::string(to)});
  return *this;
}

GraphSpec& GraphSpec::add_inlet(std::string_view name, std::string_view to,
                                std::unique_ptr<InletBase> made) {
  inlets.push_back({.name = std::string(name), .to = std::string(to), .inlet = std::move(made)});
  return *this;
}

GraphSpec& GraphSpec::add_outlet(std::string_view name, std::string_view from,
                                 std::unique_ptr<OutletBase> made) {
  outlets.push_back(
      {.name = std::string(name), .from = std::string(from), .outlet = std::move(made)});
  return *this;
}

}  // namespace parley::graph
