// SPDX-License-Identifier: Apache-2.0
#include "graph/pipeline.h"

#include <algorithm>
#include <utility>

#include "graph/pipeline_node.h"

namespace parley::graph {

bool Pipeline::run(std::size_t steps_max) {
  PARLEY_CHECK(current_ == nullptr);  // not from inside an operator
  if (failed_ || closed_) return false;
  if (wakes_wanted_) clear_due_wakes();
  scope_.ready = everyone_;
  bool more = false;
  std::size_t steps = 0;
  while (!failed_) {
    const std::size_t next = scope_.ready.next(cursor_);
    if (next == NodeSet::kNone) {
      if (cursor_ == 0) break;
      cursor_ = 0;  // the next sweep: what `more_output`, room and fan-out left behind
      continue;
    }
    if (steps >= steps_max) {
      more = true;
      break;
    }
    cursor_ = next + 1;
    Node& node = nodes_[next];
    scope_.ready.clear(node.bit);
    if (step(node)) ++steps;
  }
  if (wakes_wanted_) schedule_wake();
  return more;
}

/// One call of `process`. True when it moved something.
bool Pipeline::step(Node& node) {
  if (node.is_finished) return false;
  scope_.blocked.clear(node.bit);
  const std::uint64_t moved_before = scope_.moved;
  current_ = &node;
  Result<Progress> result = node.op->process(*process_context_);
  current_ = nullptr;
  const bool moved = scope_.moved != moved_before;
  if (!result) [[unlikely]] {
    ++counters_.steps;
    recover(node, result.error(), moved);
    return true;
  }
  if (moved) node.restarts_in_a_row = 0;
  switch (*result) {
    case Progress::need_input:
      // An operator that takes one frame per call is called for the next one, but one that waits
      // for something else, and moved nothing, is left alone.
      if (moved && std::any_of(node.op->inputs().begin(), node.op->inputs().end(),
                               [](const InBase* in) { return in->size() != 0; })) {
        scope_.ready.set(node.bit);
      }
      break;
    case Progress::more_output:
      scope_.ready.set(node.bit);
      ++counters_.steps;
      return true;
    case Progress::blocked:
      scope_.blocked.set(node.bit);
      break;
    case Progress::finished:
      note_finished(node);
      break;
  }
  ++(moved ? counters_.steps : counters_.polls);
  return moved;
}

void Pipeline::set_turn(media::Turn now) {
  PARLEY_CHECK(current_ == nullptr);
  PARLEY_CHECK(now >= scope_.turn);
  if (now == scope_.turn || closed_) return;
  scope_.turn = now;
  for (Node& node : nodes_) {
    if (node.is_open && !node.is_finished) node.op->on_turn(now);
  }
}

bool Pipeline::finished() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const Node& node) { return node.is_finished; });
}

/// Nobody will empty its inputs any more: its producers go on without it.
void Pipeline::note_finished(Node& node) {
  node.is_finished = true;
  for (const Plan::Edge& edge : edges_) {
    if (&edge.to->owner() != node.op) continue;
    edge.from->redirect(*edge.to, nullptr);
    while (edge.to->size() != 0) edge.to->drop_one();
    if (scope_.blocked.has(edge.to->producer())) scope_.ready.set(edge.to->producer());
  }
}

// --- wakes
// ----------------------------------------------------------------------------------------

void Pipeline::clear_due_wakes() {
  const Instant now = context_.clock.now();
  for (Node& node : nodes_) {
    if (node.wake_at <= now) node.wake_at = Instant::never();
  }
  if (wake_scheduled_ <= now) {
    context_.timers.cancel(wake_id_);  // it may have been this wake, or another one before it
    wake_scheduled_ = Instant::never();
  }
}

void Pipeline::schedule_wake() {
  Instant earliest = Instant::never();
  for (const Node& node : nodes_) earliest = std::min(earliest, node.wake_at);
  wakes_wanted_ = earliest != Instant::never();
  if (earliest == wake_scheduled_) return;
  if (wake_scheduled_ != Instant::never()) context_.timers.cancel(wake_id_);
  wake_scheduled_ = earliest;
  if (wakes_wanted_) wake_id_ = context_.timers.schedule(earliest, context_.waker);
}

// --- life
// -----------------------------------------------------------------------------------------

Result<std::unique_ptr<Pipeline>> Pipeline::open(Plan plan, PipelineContext context) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(plan), std::move(context)));
  PARLEY_TRY_STATUS(pipeline->open_nodes());
  return pipeline;
}

Pipeline::Pipeline(Plan plan, PipelineContext context)
    : context_(std::move(context)),
      process_context_(std::make_unique<Context>(*this)),
      inlets_(std::move(plan.inlets())),
      outlets_(std::move(plan.outlets())),
      edges_(plan.edges()) {
  scope_.tap = context_.tap;
  scope_.clock = &context_.clock;
  nodes_.resize(plan.nodes().size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    GraphSpec::Node& planned = plan.nodes()[i];
    Node& node = nodes_[i];
    node.bit = NodeSet::bit_of(i);
    everyone_.set(node.bit);
    node.id = std::move(planned.id);
    node.owned = std::move(planned.op);
    node.op = node.owned.get();
    node.options = std::move(planned.options);
    attach(node);
  }
  for (const auto& inlet : inlets_) {
    inlet->port().attach(scope_, {}, {});
    inlet->count_refused_in(context_.metrics.counter("parley_graph_inlet_refused_total",
                                                     "Frames that found an inlet full",
                                                     {{"inlet", inlet->port().name()}}));
  }
  for (const auto& outlet : outlets_) outlet->port().attach(scope_, {}, {});
  for (const Plan::Edge& edge : edges_) {
    edge.from->connect(*edge.to);
    if (edge.from_node != Plan::kOutside) edge.to->set_producer(nodes_[edge.from_node].bit);
  }
  errors_in_.attach(scope_, {}, "pipeline");
  errors_.port().attach(scope_, {}, {});
  errors_in_.connect(errors_.port());
}

void Pipeline::attach(Node& node) {
  for (InBase* in : node.op->inputs()) {
    in->attach(scope_, node.bit, node.id);
    in->count_stale_in(context_.metrics.counter("parley_graph_frames_stale_total",
                                                "Frames dropped because their turn was over",
                                                {{"node", node.id}, {"port", in->name()}}));
  }
  for (OutBase* out : node.op->outputs()) out->attach(scope_, node.bit, node.id);
  node.errors = &context_.metrics.counter(
      "parley_graph_errors_total", "Errors that operators returned",
      {{"node", node.id}, {"policy", std::string(to_string(node.options.on_error))}});
}

Status Pipeline::open_nodes() {
  for (Node& node : nodes_) {
    current_ = &node;
    const Status opened = node.op->open(*process_context_);
    current_ = nullptr;
    if (!opened) {
      close();
      return opened.error().with_context("node '" + node.id + "'");
    }
    node.is_open = true;
  }
  if (wakes_wanted_) schedule_wake();
  return {};
}

Pipeline::~Pipeline() { close(); }

void Pipeline::close() noexcept {
  if (closed_) return;
  closed_ = true;
  if (wake_scheduled_ != Instant::never()) context_.timers.cancel(wake_id_);
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    if (node->is_open) node->op->close();
    node->is_open = false;
  }
}

// --- names
// ----------------------------------------------------------------------------------------

InletBase& Pipeline::find_inlet(std::string_view name, std::size_t type) {
  const auto found = std::find_if(inlets_.begin(), inlets_.end(),
                                  [&](const auto& inlet) { return inlet->port().name() == name; });
  PARLEY_CHECK(found != inlets_.end());
  PARLEY_CHECK((*found)->port().type() == type);
  return **found;
}

OutletBase& Pipeline::find_outlet(std::string_view name, std::size_t type) {
  const auto found = std::find_if(outlets_.begin(), outlets_.end(), [&](const auto& outlet) {
    return outlet->port().name() == name;
  });
  PARLEY_CHECK(found != outlets_.end());
  PARLEY_CHECK((*found)->port().type() == type);
  return **found;
}

Operator* Pipeline::find(std::string_view id) {
  const auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.id == id; });
  return found == nodes_.end() ? nullptr : found->op;
}

}  // namespace parley::graph
