// SPDX-License-Identifier: Apache-2.0
//
// Hot update: the control thread's half first, then the strand's.
#include "graph/hot_update.h"

#include <algorithm>

#include "graph/misuse.h"
#include "graph/pipeline_node.h"
#include "graph/plan_text.h"

namespace parley::graph {

/// What a new operator sees while it is opened beside the running pipeline. What it asks for is
/// kept until the strand takes it.
class Update::OpenContext final : public ProcessContext {
 public:
  OpenContext(Update& update, const PipelineContext& pipeline)
      : update_(update), pipeline_(pipeline) {}
  [[nodiscard]] Instant now() const noexcept override { return pipeline_.clock.now(); }
  [[nodiscard]] media::Turn turn() const noexcept override { return update_.opened_in_; }
  [[nodiscard]] const exec::Waker& waker() const noexcept override { return pipeline_.waker; }
  void wake_at(Instant at) noexcept override { update_.wake_at_ = std::min(update_.wake_at_, at); }
  void report(const Error& error) override { update_.reports_.push_back(error); }

 private:
  Update& update_;
  const PipelineContext& pipeline_;
};

Result<std::shared_ptr<Update>> Pipeline::update(std::string_view id,
                                                 std::unique_ptr<Operator> op) {
  PARLEY_CHECK(op != nullptr);
  collect();
  const auto node =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& each) { return each.id == id; });
  if (node == nodes_.end()) {
    std::vector<std::string_view> ids;
    for (const Node& each : nodes_) ids.push_back(each.id);
    return Error{.code = ErrorCode::not_found,
                 .message = "there is no node '" + std::string(id) + "'; nodes: " + list_text(ids)};
  }
  const std::string context = "node '" + node->id + "'";
  const std::string difference = port_difference(node->ports, port_lines(*op));
  if (!difference.empty()) {
    return Error{.code = ErrorCode::invalid_argument, .message = context + ": " + difference};
  }
  auto update =
      std::make_shared<Update>(static_cast<std::size_t>(node - nodes_.begin()), std::move(op));
  update->opened_in_ = shared_turn_.load(std::memory_order_acquire);
  try {
    Update::OpenContext opening(*update, context_);
    const Status opened = update->op_->open(opening);
    if (!opened) return opened.error().with_context(context);
  } catch (...) {
    return thrown_error(std::current_exception()).with_context(context);
  }
  update->is_open_ = true;
  updates_.push(update);
  // Closed meanwhile: nobody will come for it, unless `close` has seen it.
  if (closed_.load(std::memory_order_seq_cst)) refuse_updates();
  context_.waker.wake();
  return update;
}

void Pipeline::collect() noexcept {
  if (replaced_.empty()) return;
  replaced_.drain([](const std::shared_ptr<Update>& update) { update->release(); });
}

Status Update::result() const {
  PARLEY_CHECK(state() != State::waiting);
  return state() == State::done ? Status() : Status(error_);
}

Status Update::wait() {
  state_.wait(State::waiting, std::memory_order_acquire);
  release();
  return result();
}

/// Once: the one that waits and the one that collects may both come. The destructor frees the rest.
void Update::release() noexcept {
  if (is_released_.exchange(true, std::memory_order_acq_rel)) return;
  if (is_open_) op_->close();
  op_.reset();
}

// --- on the strand -------------------------------------------------------------------------------

void Pipeline::take_updates() {
  if (closed_.load(std::memory_order_relaxed)) return refuse_updates();
  updates_.drain([this](std::shared_ptr<Update> update) {
    take_update(*update);
    replaced_.push(std::move(update));
  });
}

void Pipeline::take_update(Update& update) {
  Node& node = nodes_[update.node_];
  const auto refuse = [&](Error error) {
    ++counters_.updates_refused;
    update.settle(Update::State::refused, error.with_context("node '" + node.id + "'"));
  };
  if (failed_) {
    return refuse({.code = ErrorCode::failed_precondition, .message = "the pipeline has failed"});
  }
  if (node.state == Node::State::finished) {
    return refuse({.code = ErrorCode::failed_precondition, .message = "it has finished"});
  }
  attach_ports(node, *update.op_);
  const Status adopted = call_adopt(node, *update.op_);
  if (!adopted) return refuse(adopted.error());
  const bool was_open = node.is_open;
  update.op_ = put_in_place(node, std::move(update.op_));
  update.is_open_ = was_open;
  node.is_open = true;
  node.restarts_in_a_row = 0;
  node.wake_at = std::min(update.wake_at_,
                          node.state == Node::State::restarting ? Instant::never() : node.wake_at);
  node.state = Node::State::running;
  wakes_wanted_ |= node.wake_at != Instant::never();
  if (update.opened_in_ != scope_.turn) node.op->on_turn(scope_.turn);
  for (const Error& error : update.reports_) report(node, error);
  ++counters_.updates;
  update.settle(Update::State::done);
}

Status Pipeline::call_adopt(Node& node, Operator& next) {
  Status adopted;
  scope_.calling = static_cast<std::size_t>(&node - nodes_.data());
  try {
    adopted = next.adopt(*node.op);
  } catch (...) {
    ++counters_.thrown;
    adopted = thrown_error(std::current_exception());
  }
  scope_.calling = PortScope::kNobody;
  if (scope_.misuse != Misuse::none) {
    ++counters_.misused;
    if (adopted) adopted = misuse_error(scope_.misuse, *scope_.misused);
    scope_.misuse = Misuse::none;
  }
  return adopted;
}

/// Swaps operators with all that hangs on the ports. Returns the one that was in place.
std::unique_ptr<Operator> Pipeline::put_in_place(Node& node, std::unique_ptr<Operator> next) {
  Operator& old = *node.op;
  std::swap(node.owned, next);
  node.op = node.owned.get();
  attach_ports(node, *node.op);
  for (std::size_t i = 0; i < old.inputs().size(); ++i) {
    node.op->inputs()[i]->take_over(*old.inputs()[i]);
  }
  for (std::size_t i = 0; i < old.outputs().size(); ++i) {
    node.op->outputs()[i]->take_over(*old.outputs()[i]);
  }
  for (Plan::Edge& edge : edges_) {
    for (std::size_t i = 0; i < old.inputs().size(); ++i) {
      if (edge.to != old.inputs()[i]) continue;
      edge.from->redirect(*edge.to, node.op->inputs()[i]);
      edge.to = node.op->inputs()[i];
    }
    for (std::size_t i = 0; i < old.outputs().size(); ++i) {
      if (edge.from == old.outputs()[i]) edge.from = node.op->outputs()[i];
    }
  }
  if (profile_ != nullptr) {
    profile_->bind(static_cast<std::size_t>(&node - nodes_.data()), *node.op);
  }
  return next;
}

/// Threads: the strand's, or one that sees the pipeline closed.
void Pipeline::refuse_updates() {
  updates_.drain([this](std::shared_ptr<Update> update) {
    update->settle(Update::State::refused,
                   {.code = ErrorCode::failed_precondition, .message = "the pipeline was closed"});
    replaced_.push(std::move(update));
  });
}

void Update::settle(State state, Error error) {
  error_ = std::move(error);
  state_.store(state, std::memory_order_release);
  state_.notify_all();
}

// --- stacks and words ----------------------------------------------------------------------------

void UpdateStack::push(std::shared_ptr<Update> update) noexcept {
  Update* const pushed = update.get();
  pushed->self_ = std::move(update);
  pushed->below_ = top_.load(std::memory_order_relaxed);
  while (!top_.compare_exchange_weak(pushed->below_, pushed, std::memory_order_seq_cst,
                                     std::memory_order_relaxed)) {
  }
}

Update* UpdateStack::pop_all_oldest_first() noexcept {
  Update* newest = top_.exchange(nullptr, std::memory_order_seq_cst);
  Update* oldest = nullptr;
  while (newest != nullptr) {
    Update* const below = std::exchange(newest->below_, oldest);
    oldest = newest;
    newest = below;
  }
  return oldest;
}

std::vector<std::string> port_lines(const Operator& op) {
  std::vector<std::string> lines;
  for (const InBase* in : op.inputs()) {
    lines.push_back("input '" + in->name() + "' (" + kind_text(*in) + ")");
  }
  for (const OutBase* out : op.outputs()) {
    lines.push_back("output '" + out->name() + "' (" + kind_text(*out) + ")");
  }
  return lines;
}

std::string port_difference(const std::vector<std::string>& running,
                            const std::vector<std::string>& offered) {
  const auto only_in = [](const auto& these, const auto& others) {
    std::vector<std::string_view> found;
    for (const std::string& line : these) {
      if (std::find(others.begin(), others.end(), line) == others.end()) found.push_back(line);
    }
    return found;
  };
  if (running == offered) return "";
  const std::vector<std::string_view> missing = only_in(running, offered);
  const std::vector<std::string_view> extra = only_in(offered, running);
  std::string text = "the new operator";
  if (!missing.empty()) text += " lacks " + list_text(missing);
  if (!missing.empty() && !extra.empty()) text += " and";
  if (!extra.empty()) text += " has " + list_text(extra) + ", which the running one has not";
  if (missing.empty() && extra.empty()) text += " declares the same ports in another order";
  return text;
}

}  // namespace parley::graph
