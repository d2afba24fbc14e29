// SPDX-License-Identifier: Apache-2.0
#include "box.h"

#include <algorithm>
#include <set>
#include <utility>

#include "collector.h"
#include "feed.h"
#include "graph/frame_type.h"

namespace parley::python {

namespace {

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

template <typename Port>
Status check_ports(const std::map<std::string, std::string>& wanted,
                   const std::vector<Port*>& ports, const std::string& id, const char* what) {
  std::vector<std::string> names;
  for (const Port* port : ports) names.push_back(port->name());
  for (const auto& [port, name] : wanted) {
    if (std::find(names.begin(), names.end(), port) != names.end()) continue;
    return Error{.code = ErrorCode::invalid_argument,
                 .message = "operator '" + id + "' has no " + what + " '" + port + "'; it has " +
                            list_of(names)};
  }
  return {};
}

/// REQUIRES: there is one.
const graph::InBase& main_input(const graph::Operator& op) {
  const auto& all = op.inputs();
  const auto required =
      std::find_if(all.begin(), all.end(), [](const auto* in) { return in->required(); });
  return required == all.end() ? *all.front() : **required;
}

// What a source reads, so that it is never given work: no user's name has a line end.
constexpr const char* kNeverGiven = "\n";

Names values_of(const std::map<std::string, std::string>& map) {
  Names names;
  for (const auto& [port, name] : map) names.insert(name);
  return names;
}

}  // namespace

Result<BoxPorts> resolve_ports(const BoxSpec& spec, const graph::Operator& op,
                               const std::string& id) {
  BoxPorts ports;
  if (spec.inputs) {
    ports.inputs = *spec.inputs;
    // `inputs="mic"`: of an operator with one required input.
    const auto only = ports.inputs.find("");
    if (only != ports.inputs.end() && !op.inputs().empty()) {
      ports.inputs = {{main_input(op).name(), only->second}};
    }
  } else {
    for (const graph::InBase* in : op.inputs()) {
      if (in->required()) ports.inputs[in->name()] = in->name();
    }
  }
  if (spec.outputs) {
    ports.outputs = *spec.outputs;
    const auto only = ports.outputs.find("");
    if (only != ports.outputs.end() && !op.outputs().empty()) {
      ports.outputs = {{op.outputs().front()->name(), only->second}};
    }
  } else {
    for (const graph::OutBase* out : op.outputs()) ports.outputs[out->name()] = out->name();
  }
  PARLEY_TRY_STATUS(check_ports(ports.inputs, op.inputs(), id, "input"));
  PARLEY_TRY_STATUS(check_ports(ports.outputs, op.outputs(), id, "output"));
  return ports;
}

Status add_box(graph::GraphSpec& graph, const BoxSpec& spec, const std::string& id,
               std::unique_ptr<graph::Operator> op, graph::NodeOptions options, Box& box,
               Exchange& exchange, int rate_hz, std::vector<std::size_t>& members) {
  PARLEY_TRY(const BoxPorts ports, resolve_ports(spec, *op, id));
  const Names writes = values_of(ports.outputs);
  const std::string segment = options.segment.empty() ? id : options.segment;
  options.segment = segment;
  const std::size_t number = exchange.size();
  box.op = op.get();
  box.groups_by_sequence = spec.groups_by_sequence;

  auto collector = std::make_unique<CollectorOperator>(exchange, box);
  std::vector<std::pair<std::string, std::string>> edges;
  for (const graph::InBase* in : op->inputs()) {
    const auto mapped = ports.inputs.find(in->name());
    if (mapped == ports.inputs.end()) continue;
    const std::string& name = mapped->second;
    const std::string feed_id = id + "<" + in->name();
    const std::size_t member = exchange.add_member({.id = feed_id,
                                                    .needs = {name},
                                                    .reads = {name},
                                                    .writes = writes,
                                                    .has_lists = true,
                                                    .box = number});
    members.push_back(member);
    box.member = member;
    FeedOptions feed{.member = member, .name = name, .rate_hz = rate_hz};
    const auto kind = spec.kinds.find(in->name());
    if (kind != spec.kinds.end()) feed.kind = graph::frame_type_of(kind->second);
    graph.add(feed_id, make_feed(in->type(), exchange, box, std::move(feed)), {.segment = segment});
    edges.emplace_back(feed_id + ".frames", id + "." + in->name());
    edges.emplace_back(feed_id + ".fed", id + ">." + collector->add_feed());
  }
  if (box.feeds.empty()) {
    box.member = exchange.add_member({.id = id,
                                      .needs = {kNeverGiven},
                                      .reads = {kNeverGiven},
                                      .writes = writes,
                                      .has_lists = true,
                                      .box = number});
    members.push_back(box.member);
  }
  for (const graph::OutBase* out : op->outputs()) {
    const auto mapped = ports.outputs.find(out->name());
    if (mapped == ports.outputs.end()) continue;
    collector->add_output(out->type(), out->name(), mapped->second);
    edges.emplace_back(id + "." + out->name(), id + ">." + out->name());
  }
  graph.add(id, std::move(op), std::move(options));
  graph.add(id + ">", std::move(collector), {.segment = segment});
  for (const auto& [from, to] : edges) graph.connect(from, to);
  return {};
}

}  // namespace parley::python
