// SPDX-License-Identifier: Apache-2.0
#include "graph/plan_text.h"

#include <utility>

#include "graph/frame_type.h"

namespace parley::graph {
namespace {

template <typename Text>
std::string joined(const std::vector<Text>& texts) {
  std::string all;
  for (const Text& text : texts) {
    if (!all.empty()) all += ", ";
    all += text;
  }
  return all.empty() ? "none" : all;
}

template <typename Port>
std::string ports_text(const std::vector<Port*>& ports) {
  std::vector<std::string> texts;
  texts.reserve(ports.size());
  for (const Port* port : ports) {
    texts.push_back(port->name() + " (" + kind_text(*port) + ")");
  }
  return joined(texts);
}

}  // namespace

std::string kind_text(const PortBase& port) {
  return std::string(frame_type_name(port.type())) + format_text(port.format());
}

std::string list_text(const std::vector<std::string_view>& names) { return joined(names); }

std::string inputs_text(const Operator& op) { return ports_text(op.inputs()); }

std::string outputs_text(const Operator& op) { return ports_text(op.outputs()); }

std::string signature_text(const Operator& op) {
  return "[in: " + inputs_text(op) + "; out: " + outputs_text(op) + "]";
}

std::string place_text(const GraphSpec& spec, const Plan::Edge& edge) {
  if (edge.from_node == Plan::kOutside) return "inlet '" + edge.from->name() + "'";
  return spec.nodes[edge.from_node].id + "." + edge.from->name();
}

std::string target_text(const GraphSpec& spec, const Plan::Edge& edge) {
  if (edge.to_node == Plan::kOutside) return "outlet '" + edge.to->name() + "'";
  return spec.nodes[edge.to_node].id + "." + edge.to->name();
}

Error wrong_graph(const std::string& where, std::string message) {
  if (!where.empty()) message = where + ": " + message;
  return {.code = ErrorCode::invalid_argument, .message = std::move(message)};
}

std::string fitting_text(const GraphSpec& spec, const Plan::Edge& edge) {
  std::vector<std::string> outputs;
  std::vector<std::string> inputs;
  for (const GraphSpec::Node& node : spec.nodes) {
    for (const OutBase* out : node.op->outputs()) {
      const bool is_own = &out->owner() == &edge.to->owner();
      if (out->type() == edge.to->type() && !is_own) outputs.push_back(node.id + "." + out->name());
    }
    for (const InBase* in : node.op->inputs()) {
      if (edge.from == nullptr || in->type() != edge.from->type()) continue;
      if (&in->owner() != &edge.from->owner()) inputs.push_back(node.id + "." + in->name());
    }
  }
  std::string text = edge.to->name() + " takes " + joined(outputs);
  if (edge.from != nullptr) text += "; " + edge.from->name() + " feeds " + joined(inputs);
  return text;
}

}  // namespace parley::graph
