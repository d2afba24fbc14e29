// SPDX-License-Identifier: Apache-2.0
#include "graph/segment.h"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::graph {

class SegmentCutter {
 public:
  SegmentCutter(Plan plan, const CutOptions& options)
      : plan_(std::move(plan)), options_(options), segment_of_(plan_.nodes().size()) {}

  Cut run() {
    assign();
    place_nodes();
    for (const Plan::Edge& edge : plan_.edges()) place_edge(edge);
    // An outlet that nothing feeds cannot be: Plan::compile resolves each to its output.
    return std::move(cut_);
  }

 private:
  void assign();
  std::size_t segment_named(const std::string& name);
  [[nodiscard]] std::size_t only_neighbour(std::size_t node, bool is_before) const;
  void place_nodes();
  void place_edge(const Plan::Edge& edge);
  void place_inlet(const Plan::Edge& edge);
  void place_outlet(const Plan::Edge& edge);
  void place_crossing(const Plan::Edge& edge);
  LinkBase& link_from(const OutBase& from, std::size_t to_segment, const std::string& name);

  /// A link that exists already, so that two inputs of one segment share a fan-out's link.
  struct Known {
    const OutBase* from;
    std::size_t to_segment;
    LinkBase* link;
    OutBase* head;  // of the inlet in the consuming segment
  };

  Plan plan_;
  CutOptions options_;
  Cut cut_;
  std::vector<std::size_t> segment_of_;  // by node of plan_
  std::vector<std::size_t> index_in_;    // by node of plan_: in its segment
  std::vector<Known> known_;
};

Cut cut(Plan plan, const CutOptions& options) {
  return SegmentCutter(std::move(plan), options).run();
}

void SegmentCutter::assign() {
  constexpr std::string_view kWhole = "graph";
  for (std::size_t node = 0; node < segment_of_.size(); ++node) {
    const GraphSpec::Node& planned = plan_.nodes()[node];
    if (options_.is_whole) {
      segment_of_[node] = segment_named(std::string(kWhole));
      continue;
    }
    if (!planned.options.segment.empty()) {
      segment_of_[node] = segment_named(planned.options.segment);
      continue;
    }
    const std::size_t before = only_neighbour(node, true);
    const bool is_chain = before != Plan::kOutside && only_neighbour(before, false) == node;
    segment_of_[node] = is_chain ? segment_of_[before] : segment_named(planned.id);
  }
}

std::size_t SegmentCutter::segment_named(const std::string& name) {
  for (std::size_t i = 0; i < cut_.segments.size(); ++i) {
    if (cut_.segments[i].name == name) return i;
  }
  cut_.segments.push_back({.name = name, .nodes = {}, .plan = Plan()});
  return cut_.segments.size() - 1;
}

/// The one node before (or after) this one; kOutside when there are none or several.
std::size_t SegmentCutter::only_neighbour(std::size_t node, bool is_before) const {
  std::set<std::size_t> found;
  for (const Plan::Edge& edge : plan_.edges()) {
    const std::size_t here = is_before ? edge.to_node : edge.from_node;
    const std::size_t there = is_before ? edge.from_node : edge.to_node;
    if (here == node && there != Plan::kOutside) found.insert(there);
  }
  return found.size() == 1 ? *found.begin() : Plan::kOutside;
}

void SegmentCutter::place_nodes() {
  for (std::size_t node = 0; node < segment_of_.size(); ++node) {
    Segment& segment = cut_.segments[segment_of_[node]];
    index_in_.push_back(segment.plan.nodes_.size());
    segment.nodes.push_back(plan_.nodes()[node].id);
    segment.plan.nodes_.push_back(std::move(plan_.nodes()[node]));
  }
}

void SegmentCutter::place_edge(const Plan::Edge& edge) {
  if (edge.from_node == Plan::kOutside) return place_inlet(edge);
  if (edge.to_node == Plan::kOutside) return place_outlet(edge);
  const std::size_t segment = segment_of_[edge.from_node];
  if (segment != segment_of_[edge.to_node]) return place_crossing(edge);
  Plan::Edge inside = edge;
  inside.from_node = index_in_[edge.from_node];
  inside.to_node = index_in_[edge.to_node];
  cut_.segments[segment].plan.edges_.push_back(inside);
}

/// The link from `from` into a segment, and the head of its inlet there.
LinkBase& SegmentCutter::link_from(const OutBase& from, std::size_t to_segment,
                                   const std::string& name) {
  for (const Known& known : known_) {
    if (known.from == &from && known.to_segment == to_segment) return *known.link;
  }
  cut_.links.push_back(make_link(from.type(), name, options_.max_queue_size));
  LinkBase& link = *cut_.links.back();
  link.to = to_segment;
  Plan& plan = cut_.segments[to_segment].plan;
  plan.inlets_.push_back(link.make_inlet());
  known_.push_back({&from, to_segment, &link, &plan.inlets_.back()->port()});
  return link;
}

void SegmentCutter::place_inlet(const Plan::Edge& edge) {
  const std::size_t segment = segment_of_[edge.to_node];
  const std::size_t links_before = cut_.links.size();
  LinkBase& link = link_from(*edge.from, segment, edge.from->name());
  auto boundary =
      std::find_if(cut_.inlets.begin(), cut_.inlets.end(),
                   [&](const Cut::Boundary& each) { return each.name == edge.from->name(); });
  if (boundary == cut_.inlets.end()) {
    cut_.inlets.push_back({.name = edge.from->name(), .type = edge.from->type(), .links = {}});
    boundary = cut_.inlets.end() - 1;
  }
  if (cut_.links.size() != links_before) boundary->links.push_back(&link);
  OutBase* const head = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
                          return known.link == &link;
                        })->head;
  Plan::Edge inside = edge;
  inside.from = head;
  inside.to_node = index_in_[edge.to_node];
  cut_.segments[segment].plan.edges_.push_back(inside);
}

void SegmentCutter::place_outlet(const Plan::Edge& edge) {
  const std::size_t segment = segment_of_[edge.from_node];
  const auto outlet =
      std::find_if(plan_.outlets().begin(), plan_.outlets().end(),
                   [&](const auto& each) { return each != nullptr && &each->port() == edge.to; });
  cut_.links.push_back(make_link(edge.from->type(), edge.to->name(), options_.max_queue_size));
  LinkBase& link = *cut_.links.back();
  link.from = segment;
  link.use_outlet(**outlet);
  cut_.outlets.push_back({.name = edge.to->name(), .type = edge.from->type(), .links = {&link}});
  Plan& plan = cut_.segments[segment].plan;
  plan.outlets_.push_back(std::move(*outlet));
  Plan::Edge inside = edge;
  inside.from_node = index_in_[edge.from_node];
  plan.edges_.push_back(inside);
}

void SegmentCutter::place_crossing(const Plan::Edge& edge) {
  const std::size_t from = segment_of_[edge.from_node];
  const std::size_t to = segment_of_[edge.to_node];
  Segment& producer = cut_.segments[from];
  const std::size_t links_before = cut_.links.size();
  LinkBase& link = link_from(*edge.from, to,
                             producer.nodes[index_in_[edge.from_node]] + "." + edge.from->name() +
                                 " -> " + cut_.segments[to].name);
  if (cut_.links.size() != links_before) {
    link.from = from;
    producer.plan.outlets_.push_back(link.make_outlet());
    producer.plan.edges_.push_back({.from_node = index_in_[edge.from_node],
                                    .from = edge.from,
                                    .to = &producer.plan.outlets_.back()->port()});
  }
  OutBase* const head = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
                          return known.link == &link;
                        })->head;
  Plan::Edge inside = edge;
  inside.from_node = Plan::kOutside;
  inside.from = head;
  inside.to_node = index_in_[edge.to_node];
  cut_.segments[to].plan.edges_.push_back(inside);
}

}  // namespace parley::graph
