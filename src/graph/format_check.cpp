// SPDX-License-Identifier: Apache-2.0
#include "graph/format_check.h"

#include <map>
#include <string>

#include "graph/frame_type.h"
#include "graph/plan_text.h"

namespace parley::graph {
namespace {

/// What flows out of a port, and the place upstream that decided its rate or shape.
struct Flow {
  PortFormat format;
  std::string origin = {};
};

class FormatCheck {
 public:
  FormatCheck(const GraphSpec& spec, std::span<Plan::Edge> edges) : spec_(spec), edges_(edges) {}

  Status visit(std::size_t node) {
    std::map<const InBase*, Flow> inputs;
    for (Plan::Edge& edge : edges_) {
      if (edge.to_node != node || edge.to_node == Plan::kOutside) continue;
      PARLEY_TRY_STATUS(check(edge));
      inputs[edge.to] = {.format = edge.format, .origin = flow_into(edge).origin};
    }
    for (const OutBase* out : spec_.nodes[node].op->outputs()) {
      Flow flow{.format = out->format(), .origin = {}};
      if (out->format_of() != nullptr) {
        const auto followed = inputs.find(out->format_of());
        const Flow& like = followed == inputs.end() ? Flow{.format = out->format_of()->format()}
                                                    : followed->second;
        if (flow.format == PortFormat{}) flow.origin = like.origin;
        flow.format = merged(flow.format, like.format);
      }
      if (flow.origin.empty()) flow.origin = spec_.nodes[node].id + "." + out->name();
      flows_[out] = std::move(flow);
    }
    return {};
  }

  Status visit_outlets() {
    for (Plan::Edge& edge : edges_) {
      if (edge.to_node == Plan::kOutside) PARLEY_TRY_STATUS(check(edge));
    }
    return {};
  }

 private:
  Flow flow_into(const Plan::Edge& edge) const {
    const auto flow = flows_.find(edge.from);
    if (flow != flows_.end()) return flow->second;
    return {.format = edge.from->format(), .origin = place_text(spec_, edge)};  // an inlet
  }

  Status check(Plan::Edge& edge) const {
    const Flow flow = flow_into(edge);
    const PortFormat& wanted = edge.to->format();
    if (!fits(flow.format, wanted)) return mismatch(edge, flow);
    edge.format = merged(flow.format, wanted);
    return {};
  }

  Error mismatch(const Plan::Edge& edge, const Flow& flow) const {
    const std::string kind(frame_type_name(edge.to->type()));
    const std::string from = place_text(spec_, edge);
    const std::string as = flow.origin == from ? "" : " (as " + flow.origin + " gives it)";
    return wrong_graph(edge.where, from + " gives " + kind + format_text(flow.format) + as +
                                       ", but " + target_text(spec_, edge) + " takes " + kind +
                                       format_text(edge.to->format()) + "; what would fit: " +
                                       advice_text(flow.format, edge.to->format()));
  }

  const GraphSpec& spec_;
  std::span<Plan::Edge> edges_;
  std::map<const OutBase*, Flow> flows_;
};

}  // namespace

Status check_formats(const GraphSpec& spec, std::span<const std::size_t> order,
                     std::span<Plan::Edge> edges) {
  FormatCheck check(spec, edges);
  for (const std::size_t node : order) PARLEY_TRY_STATUS(check.visit(node));
  return check.visit_outlets();
}

}  // namespace parley::graph
