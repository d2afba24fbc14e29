// SPDX-License-Identifier: Apache-2.0
#include "graph/dot.h"

#include <map>
#include <set>
#include <vector>

#include "graph/frame_type.h"
#include "graph/port_format.h"

namespace parley::graph {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

std::string node_line(const GraphSpec::Node& node) {
  const std::string kind = node.kind.empty() || node.kind == node.id ? "" : "\n" + node.kind;
  std::string label = quoted(node.id);
  if (!kind.empty()) {
    label.pop_back();
    label += "\\n" + quoted(node.kind).substr(1);
  }
  return quoted(node.id) + " [label=" + label + "];\n";
}

std::string edge_line(const Plan& plan, const Plan::Edge& edge) {
  const bool is_inlet = edge.from_node == Plan::kOutside;
  const bool is_outlet = edge.to_node == Plan::kOutside;
  // A boundary may have the name of a node; the prefix keeps the two apart.
  const std::string from = is_inlet ? "in:" + edge.from->name() : plan.nodes()[edge.from_node].id;
  const std::string to = is_outlet ? "out:" + edge.to->name() : plan.nodes()[edge.to_node].id;
  const std::string ports = (is_inlet ? "" : edge.from->name()) +
                            std::string(is_inlet || is_outlet ? "" : " → ") +
                            (is_outlet ? "" : edge.to->name());
  const std::string label =
      ports + ": " + std::string(frame_type_name(edge.to->type())) + format_text(edge.format);
  return "  " + quoted(from) + " -> " + quoted(to) + " [label=" + quoted(label) + "];\n";
}

/// The boundary's own nodes, each once.
std::string boundary_lines(const Plan& plan) {
  std::set<std::string> lines;
  const auto line = [](const std::string& prefix, const std::string& name) {
    return "  " + quoted(prefix + name) + " [label=" + quoted(name) + ", shape=plaintext];\n";
  };
  for (const Plan::Edge& edge : plan.edges()) {
    if (edge.from_node == Plan::kOutside) lines.insert(line("in:", edge.from->name()));
    if (edge.to_node == Plan::kOutside) lines.insert(line("out:", edge.to->name()));
  }
  std::string text;
  for (const std::string& one : lines) text += one;
  return text;
}

}  // namespace

std::string dot_text(const Plan& plan, std::string_view name) {
  std::string text = "digraph " + quoted(name) + " {\n  rankdir=LR;\n  node [shape=box];\n";
  std::map<std::string, std::vector<const GraphSpec::Node*>> segments;
  for (const GraphSpec::Node& node : plan.nodes()) segments[node.options.segment].push_back(&node);
  std::size_t index = 0;
  for (const auto& [segment, nodes] : segments) {
    const std::string indent = segment.empty() ? "  " : "    ";
    if (!segment.empty()) {
      text += "  subgraph cluster_" + std::to_string(index++) + " {\n    label=" + quoted(segment) +
              ";\n";
    }
    for (const GraphSpec::Node* node : nodes) text += indent + node_line(*node);
    if (!segment.empty()) text += "  }\n";
  }
  text += boundary_lines(plan);
  for (const Plan::Edge& edge : plan.edges()) text += edge_line(plan, edge);
  return text + "}\n";
}

}  // namespace parley::graph
