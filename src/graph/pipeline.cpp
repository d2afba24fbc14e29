// SPDX-License-Identifier: Apache-2.0
#include "graph/pipeline.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "graph/misuse.h"
#include "graph/pipeline_node.h"
#include "graph/profiler.h"

namespace parley::graph {

bool Pipeline::run(std::size_t steps_max) {
  PARLEY_CHECK(scope_.calling == PortScope::kNobody);  // not from inside an operator
  if (!updates_.empty()) [[unlikely]]
    take_updates();
  if (failed_ || closed_.load(std::memory_order_relaxed)) return false;
  if (wakes_wanted_) clear_due_wakes();
  if (profile_ != nullptr) [[unlikely]]
    profile_->begin_run();
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
    scope_.ready.clear(nodes_[next].bit);
    if (step(next)) ++steps;
  }
  if (wakes_wanted_) schedule_wake();
  if (activity_ != nullptr) [[unlikely]]
    rest();
  return more;
}

/// The watchdog need not look; and what it found goes to the client too, late as it is.
void Pipeline::rest() {
  activity_->rest();
  if (!activity_->has_stalled()) return;
  const Activity::Found found = activity_->take_stall();
  Node& node = nodes_[found.node];
  ++counters_.stalled;
  report(node, Stall{.pipeline = {}, .node = node.id, .so_far = found.so_far}.error());
}

/// One call of `process`. True when it moved something.
bool Pipeline::step(std::size_t index) {
  Node& node = nodes_[index];
  if (node.state != Node::State::running) [[unlikely]]
    return stand_by(node);
  scope_.blocked.clear(node.bit);
  const std::uint64_t moved_before = scope_.moved;
  scope_.calling = index;
  if (activity_ != nullptr) [[unlikely]]
    activity_->enter(index);
  if (profile_ != nullptr) [[unlikely]]
    profile_->before_call();
  Result<Progress> result = call_process(*node.op);
  scope_.calling = PortScope::kNobody;
  if (scope_.misuse != Misuse::none) [[unlikely]]
    note_misuse(result);
  const bool moved = scope_.moved != moved_before;
  if (profile_ != nullptr) [[unlikely]]
    profile_->after_call(index, moved, !result);
  if (!result) [[unlikely]] {
    ++counters_.steps;
    recover(node, result.error(), moved);
    return true;
  }
  if (moved) node.restarts_in_a_row = 0;
  // An operator that takes one frame per call is called for the next one, but one that waits for
  // something else, and moved nothing, is left alone.
  if (*result != Progress::need_input) [[unlikely]]
    return note_progress(node, *result, moved);
  if (moved && std::any_of(node.op->inputs().begin(), node.op->inputs().end(),
                           [](const InBase* in) { return in->size() != 0; })) {
    scope_.ready.set(node.bit);
  }
  ++(moved ? counters_.steps : counters_.polls);
  return moved;
}

/// After any answer but need_input.
bool Pipeline::note_progress(Node& node, Progress progress, bool moved) {
  switch (progress) {
    case Progress::more_output:
      return note_more_output(node, moved);
    case Progress::blocked:
      scope_.blocked.set(node.bit);
      break;
    case Progress::finished:
      note_finished(node);
      break;
    default:
      ++counters_.misused;
      recover(node, nonsense_progress_error(static_cast<unsigned>(progress)), moved);
      return true;
  }
  ++(moved ? counters_.steps : counters_.polls);
  return moved;
}

/// Exceptions end here.
Result<Progress> Pipeline::call_process(Operator& op) {
  try {
    return op.process(*process_context_);
  } catch (...) {
    ++counters_.thrown;
    thrown_ = std::current_exception();
    return thrown_error(thrown_);
  }
}

/// What the call did wrong with a port, as its result; when it threw, that says more.
void Pipeline::note_misuse(Result<Progress>& result) {
  ++counters_.misused;
  Error error = misuse_error(scope_.misuse, *scope_.misused);
  if (result) result = std::move(error);
  scope_.misuse = Misuse::none;
}

/// For everybody who opens an operator. What it throws is not kept for the error handler.
Status Pipeline::call_open(Node& node) {
  scope_.calling = static_cast<std::size_t>(&node - nodes_.data());
  Status opened;
  try {
    opened = node.op->open(*process_context_);
  } catch (...) {
    ++counters_.thrown;
    opened = thrown_error(std::current_exception());
  }
  scope_.calling = PortScope::kNobody;
  scope_.misuse = Misuse::none;
  node.is_open = opened.has_value();
  if (profile_ != nullptr) profile_->pause();
  return opened;
}

/// Instead of a step where the operator is not to be called. True when it did something.
bool Pipeline::stand_by(Node& node) {
  if (node.state == Node::State::finished || node.wake_at > context_.clock.now()) return false;
  reopen(node);
  return true;
}

bool Pipeline::note_more_output(Node& node, bool moved) {
  scope_.ready.set(node.bit);
  ++counters_.steps;
  if (moved) [[likely]]
    return true;
  if (node.fruitless_at != scope_.moved) node.fruitless = 0;
  node.fruitless_at = scope_.moved;
  if (++node.fruitless < kFruitlessMax) return true;
  node.fruitless = 0;
  ++counters_.misused;
  recover(node,
          {.code = ErrorCode::internal,
           .message = "returned Progress::more_output " + std::to_string(kFruitlessMax) +
                      " times in a row while nothing moved"},
          moved);
  return true;
}

void Pipeline::set_turn(media::Turn now) {
  PARLEY_CHECK(scope_.calling == PortScope::kNobody);
  PARLEY_CHECK(now >= scope_.turn);
  if (now == scope_.turn || closed_) return;
  scope_.turn = now;
  shared_turn_.store(now, std::memory_order_release);
  for (Node& node : nodes_) {
    if (node.is_open && node.state == Node::State::running) node.op->on_turn(now);
  }
}

void Pipeline::set_error_handler(ErrorHandler handler) {
  PARLEY_CHECK(scope_.calling == PortScope::kNobody);
  error_handler_ = std::move(handler);
}

bool Pipeline::finished() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const Node& node) { return node.state == Node::State::finished; });
}

bool Pipeline::is_busy() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) {
    return node.state == Node::State::restarting || (node.is_open && node.op->is_busy());
  });
}

/// Nobody will empty its inputs any more: its producers go on without it.
void Pipeline::note_finished(Node& node) {
  node.state = Node::State::finished;
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
    if (node.wake_at > now || node.state == Node::State::restarting) continue;
    node.wake_at = Instant::never();
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
      edges_(plan.edges()),
      errors_lost_(errors_lost_counter(context_.metrics)) {
  scope_.tap = context_.tap;
  scope_.is_watched = context_.tap != nullptr;
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
    node.ports = port_lines(*node.op);
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
  if (context_.profiler != nullptr) set_profiler(context_.profiler);
}

void Pipeline::attach_ports(Node& node, Operator& op) noexcept {
  for (InBase* in : op.inputs()) in->attach(scope_, node.bit, node.id);
  for (OutBase* out : op.outputs()) out->attach(scope_, node.bit, node.id);
}

void Pipeline::attach(Node& node) {
  attach_ports(node, *node.op);
  for (InBase* in : node.op->inputs()) {
    in->count_stale_in(context_.metrics.counter("parley_graph_frames_stale_total",
                                                "Frames dropped because their turn was over",
                                                {{"node", node.id}, {"port", in->name()}}));
  }
  node.errors = &context_.metrics.counter(
      "parley_graph_errors_total", "Errors that operators returned",
      {{"node", node.id}, {"policy", std::string(to_string(node.options.on_error))}});
}

void Pipeline::count_batch(Node& node, std::size_t items, std::optional<Nanos> waited) noexcept {
  if (node.batch_frames == nullptr) {
    const Labels label{{"node", node.id}};
    node.batch_frames =
        &context_.metrics.histogram("parley_graph_batch_frames", "Frames in one batch",
                                    {1, 2, 4, 8, 16, 32, 64, 128, 256}, label);
    node.batch_wait = &context_.metrics.histogram(
        "parley_graph_batch_wait_seconds", "What the first frame of a batch waited",
        {0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0}, label);
  }
  node.batch_frames->observe(static_cast<double>(items));
  if (waited) node.batch_wait->observe(std::chrono::duration<double>(*waited).count());
}

Status Pipeline::open_nodes() {
  for (Node& node : nodes_) {
    const Status opened = call_open(node);
    if (!opened) {
      close();
      return opened.error().with_context("node '" + node.id + "'");
    }
  }
  if (wakes_wanted_) schedule_wake();
  if (context_.watchdog == nullptr) return {};
  std::vector<std::string> ids;
  for (const Node& node : nodes_) ids.push_back(node.id);
  activity_ = context_.watchdog->watch(context_.name, std::move(ids), context_.on_stall);
  return {};
}

Pipeline::~Pipeline() { close(); }

void Pipeline::close() noexcept {
  if (closed_.exchange(true, std::memory_order_seq_cst)) return;
  refuse_updates();
  if (activity_ != nullptr) context_.watchdog->forget(activity_);
  if (wake_scheduled_ != Instant::never()) context_.timers.cancel(wake_id_);
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    if (node->is_open) node->op->close();
    node->is_open = false;
  }
  collect();
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
