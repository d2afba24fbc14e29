// SPDX-License-Identifier: Apache-2.0
//
// One pass per question, in the order in which a person would want to hear of the mistakes: names,
// edges, missing edges, cycles.
#include "graph/plan.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "graph/format_check.h"
#include "graph/frame_type.h"
#include "graph/plan_text.h"

namespace parley::graph {

class PlanCompiler {
 public:
  explicit PlanCompiler(GraphSpec spec) : spec_(std::move(spec)) {}

  Result<Plan> compile() {
    PARLEY_TRY_STATUS(check_nodes());
    PARLEY_TRY_STATUS(resolve_edges());
    PARLEY_TRY_STATUS(resolve_inlets());
    PARLEY_TRY_STATUS(resolve_outlets());
    PARLEY_TRY_STATUS(check_inputs());
    PARLEY_TRY(const std::vector<std::size_t> order, sort());
    PARLEY_TRY_STATUS(check_formats(spec_, order, edges_));
    return assemble(order);
  }

 private:
  Status check_nodes();
  Status check_spare(const GraphSpec::Node& node) const;
  Status resolve_edges();
  Status resolve_inlets();
  Status resolve_outlets();
  Status add_edge(Plan::Edge edge, const std::string& from, const std::string& to);
  Status check_inputs() const;
  Result<std::vector<std::size_t>> sort() const;
  Error cycle_error(const std::vector<bool>& is_sorted) const;
  Plan assemble(const std::vector<std::size_t>& order);

  struct Place {
    std::size_t node = Plan::kOutside;
    OutBase* out = nullptr;
    InBase* in = nullptr;
  };
  /// What a message is about: an edge, an inlet, an outlet.
  struct Line {
    const std::string& where;
    std::string text;
  };
  Result<std::size_t> find_node(std::string_view place, const Line& line) const;
  Result<Place> find_output(std::string_view place, const Line& line) const;
  Result<Place> find_input(std::string_view place, const Line& line) const;

  GraphSpec spec_;
  std::vector<Plan::Edge> edges_;  // nodes as indices in spec_.nodes until `assemble`
};

Result<Plan> Plan::compile(GraphSpec spec) { return PlanCompiler(std::move(spec)).compile(); }

// --- names
// ----------------------------------------------------------------------------------------

Status PlanCompiler::check_nodes() {
  if (spec_.nodes.size() > kNodesMax) {
    return wrong_graph({}, "a graph has at most " + std::to_string(kNodesMax) +
                               " nodes; this one has " + std::to_string(spec_.nodes.size()));
  }
  for (std::size_t i = 0; i < spec_.nodes.size(); ++i) {
    const GraphSpec::Node& node = spec_.nodes[i];
    if (node.id.empty() || node.id.find('.') != std::string::npos) {
      return wrong_graph(node.where, "node id '" + node.id + "': give a name without a dot");
    }
    if (node.op == nullptr)
      return wrong_graph(node.where, "node '" + node.id + "' has no operator");
    for (std::size_t j = 0; j < i; ++j) {
      if (spec_.nodes[j].id == node.id)
        return wrong_graph(node.where, "node id '" + node.id + "' is given twice");
    }
    PARLEY_TRY_STATUS(check_spare(node));
  }
  return {};
}

Status PlanCompiler::check_spare(const GraphSpec::Node& node) const {
  const NodeOptions& options = node.options;
  if (options.on_error == ErrorPolicy::restart && options.restarts_max < 1) {
    return wrong_graph(node.where, "node '" + node.id + "': restarts_max is " +
                                       std::to_string(options.restarts_max) + "; give at least 1");
  }
  if (options.on_error != ErrorPolicy::fallback) return {};
  if (options.spare == nullptr) {
    return wrong_graph(node.where,
                       "node '" + node.id + "': the policy fallback needs a spare operator");
  }
  const std::string wanted = signature_text(*node.op);
  const std::string given = signature_text(*options.spare);
  if (wanted == given) return {};
  return wrong_graph(node.where, "node '" + node.id + "': its spare has the ports " + given +
                                     "; they must be " + wanted);
}

Result<std::size_t> PlanCompiler::find_node(std::string_view place, const Line& line) const {
  const std::size_t dot = place.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == place.size()) {
    return wrong_graph(line.where,
                       line.text + ": '" + std::string(place) + "' is not of the form node.port");
  }
  const std::string_view id = place.substr(0, dot);
  for (std::size_t i = 0; i < spec_.nodes.size(); ++i) {
    if (spec_.nodes[i].id == id) return i;
  }
  std::vector<std::string_view> ids;
  ids.reserve(spec_.nodes.size());
  for (const GraphSpec::Node& node : spec_.nodes) ids.push_back(node.id);
  return wrong_graph(line.where, line.text + ": there is no node '" + std::string(id) +
                                     "'; nodes: " + list_text(ids));
}

Result<PlanCompiler::Place> PlanCompiler::find_output(std::string_view place,
                                                      const Line& line) const {
  PARLEY_TRY(const std::size_t index, find_node(place, line));
  const GraphSpec::Node& node = spec_.nodes[index];
  const std::string_view name = place.substr(place.find('.') + 1);
  for (OutBase* out : node.op->outputs()) {
    if (out->name() == name) return Place{.node = index, .out = out};
  }
  return wrong_graph(line.where, line.text + ": node '" + node.id + "' has no output '" +
                                     std::string(name) + "'; outputs: " + outputs_text(*node.op));
}

Result<PlanCompiler::Place> PlanCompiler::find_input(std::string_view place,
                                                     const Line& line) const {
  PARLEY_TRY(const std::size_t index, find_node(place, line));
  const GraphSpec::Node& node = spec_.nodes[index];
  const std::string_view name = place.substr(place.find('.') + 1);
  for (InBase* in : node.op->inputs()) {
    if (in->name() == name) return Place{.node = index, .in = in};
  }
  return wrong_graph(line.where, line.text + ": node '" + node.id + "' has no input '" +
                                     std::string(name) + "'; inputs: " + inputs_text(*node.op));
}

// --- edges
// ----------------------------------------------------------------------------------------

Status PlanCompiler::resolve_edges() {
  for (const GraphSpec::Edge& edge : spec_.edges) {
    const Line line{.where = edge.where, .text = "edge " + edge.from + " -> " + edge.to};
    PARLEY_TRY(const Place from, find_output(edge.from, line));
    PARLEY_TRY(const Place to, find_input(edge.to, line));
    PARLEY_TRY_STATUS(add_edge({.from_node = from.node,
                                .to_node = to.node,
                                .from = from.out,
                                .to = to.in,
                                .where = edge.where},
                               edge.from, edge.to));
  }
  return {};
}

Status PlanCompiler::resolve_inlets() {
  std::vector<GraphSpec::InletLine> kept;
  for (GraphSpec::InletLine& line : spec_.inlets) {
    const std::string text = "inlet '" + line.name + "'";
    PARLEY_TRY(const Place to, find_input(line.to, Line{.where = line.where, .text = text}));
    const auto same = std::find_if(kept.begin(), kept.end(),
                                   [&](const auto& other) { return other.name == line.name; });
    OutBase& port = same == kept.end() ? line.inlet->port() : same->inlet->port();
    const std::string before = kind_text(port);
    const std::string now = kind_text(line.inlet->port());
    if (before != now) {
      return wrong_graph(line.where, text + " is given twice, as " + before + " and as " + now);
    }
    PARLEY_TRY_STATUS(add_edge(
        {.to_node = to.node, .from = &port, .to = to.in, .where = line.where}, text, line.to));
    if (same == kept.end()) kept.push_back(std::move(line));
  }
  spec_.inlets = std::move(kept);
  return {};
}

Status PlanCompiler::resolve_outlets() {
  for (std::size_t i = 0; i < spec_.outlets.size(); ++i) {
    const GraphSpec::OutletLine& line = spec_.outlets[i];
    const std::string text = "outlet '" + line.name + "'";
    PARLEY_TRY(const Place from, find_output(line.from, Line{.where = line.where, .text = text}));
    for (std::size_t j = 0; j < i; ++j) {
      if (spec_.outlets[j].name == line.name)
        return wrong_graph(line.where, text + " is given twice");
    }
    PARLEY_TRY_STATUS(add_edge(
        {.from_node = from.node, .from = from.out, .to = &line.outlet->port(), .where = line.where},
        line.from, text));
  }
  return {};
}

Status PlanCompiler::add_edge(Plan::Edge edge, const std::string& from, const std::string& to) {
  if (edge.from->type() != edge.to->type()) {
    return wrong_graph(
        edge.where, from + " gives " + std::string(frame_type_name(edge.from->type())) + ", but " +
                        to + " takes " + std::string(frame_type_name(edge.to->type())) +
                        "; what would fit: " + fitting_text(spec_, edge));
  }
  for (const Plan::Edge& other : edges_) {
    if (other.to != edge.to) continue;
    return wrong_graph(
        edge.where, to + " has two edges, from " + place_text(spec_, other) + " and from " + from +
                        "; an input takes one, so put an operator that merges between them");
  }
  edges_.push_back(edge);
  return {};
}

Status PlanCompiler::check_inputs() const {
  for (const GraphSpec::Node& node : spec_.nodes) {
    for (InBase* in : node.op->inputs()) {
      const bool is_fed = std::any_of(edges_.begin(), edges_.end(),
                                      [&](const Plan::Edge& edge) { return edge.to == in; });
      if (is_fed || !in->required()) continue;
      return wrong_graph(
          node.where, "input " + node.id + "." + in->name() +
                          " is not connected; what would fit: " + fitting_text(spec_, {.to = in}));
    }
  }
  return {};
}

// --- order
// ----------------------------------------------------------------------------------------

/// Kahn's algorithm; of the nodes that may come next, the one that was added first.
Result<std::vector<std::size_t>> PlanCompiler::sort() const {
  std::vector<std::size_t> order;
  std::vector<bool> is_sorted(spec_.nodes.size(), false);
  const auto may_come = [&](std::size_t node) {
    return !is_sorted[node] && std::none_of(edges_.begin(), edges_.end(), [&](const auto& edge) {
      return edge.to_node == node && edge.from_node != Plan::kOutside && !is_sorted[edge.from_node];
    });
  };
  while (order.size() < spec_.nodes.size()) {
    std::size_t node = 0;
    while (node < spec_.nodes.size() && !may_come(node)) ++node;
    if (node == spec_.nodes.size()) return cycle_error(is_sorted);
    is_sorted[node] = true;
    order.push_back(node);
  }
  return order;
}

/// Every node that could not be sorted has an unsorted one before it: walking back must repeat.
Error PlanCompiler::cycle_error(const std::vector<bool>& is_sorted) const {
  std::vector<const Plan::Edge*> path;
  std::size_t node = 0;
  while (is_sorted[node]) ++node;
  while (true) {
    const auto before = std::find_if(edges_.begin(), edges_.end(), [&](const Plan::Edge& edge) {
      return edge.to_node == node && edge.from_node != Plan::kOutside && !is_sorted[edge.from_node];
    });
    const auto seen = std::find(path.begin(), path.end(), &*before);
    if (seen != path.end()) {
      path.erase(path.begin(), seen);
      break;
    }
    path.push_back(&*before);
    node = before->from_node;
  }
  std::string text = "the graph has a cycle: ";
  for (auto edge = path.rbegin(); edge != path.rend(); ++edge) {
    if (edge != path.rbegin()) text += ", ";
    text += place_text(spec_, **edge) + " -> " + spec_.nodes[(*edge)->to_node].id + "." +
            (*edge)->to->name();
  }
  return wrong_graph(
      path.back()->where,
      text + "; frames flow one way, what must flow back is given to both operators");
}

Plan PlanCompiler::assemble(const std::vector<std::size_t>& order) {
  Plan plan;
  std::vector<std::size_t> new_index(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    new_index[order[i]] = i;
    plan.nodes_.push_back(std::move(spec_.nodes[order[i]]));
  }
  for (Plan::Edge edge : edges_) {
    if (edge.from_node != Plan::kOutside) edge.from_node = new_index[edge.from_node];
    if (edge.to_node != Plan::kOutside) edge.to_node = new_index[edge.to_node];
    plan.edges_.push_back(edge);
  }
  for (GraphSpec::InletLine& line : spec_.inlets) plan.inlets_.push_back(std::move(line.inlet));
  for (GraphSpec::OutletLine& line : spec_.outlets) {
    plan.outlets_.push_back(std::move(line.outlet));
  }
  return plan;
}

}  // namespace parley::graph
