// SPDX-License-Identifier: Apache-2.0
//
// The part of Pipeline that carries out error policies. It may allocate: it is not the audio path.
#include "graph/error_policy.h"

#include <algorithm>
#include <string>
#include <utility>

#include "graph/misuse.h"
#include "graph/pipeline_node.h"

namespace parley::graph {

/// `moved`: the failing call moved a frame, so the frame that failed is already out of its queue.
void Pipeline::recover(Node& node, const Error& error, bool moved) {
  report(node, error);
  ErrorPolicy policy = policy_for(node, error, std::exchange(thrown_, nullptr));
  // There is nothing to go on with when the operator could not be opened again.
  if (policy == ErrorPolicy::skip_frame && !node.is_open) policy = ErrorPolicy::fail_session;
  switch (policy) {
    case ErrorPolicy::fail_session:
      return fail(node, error);
    case ErrorPolicy::skip_frame:
      return skip_frame(node, moved);
    case ErrorPolicy::restart:
      return restart(node, error);
    case ErrorPolicy::fallback:
      return fall_back(node, error);
  }
}

ErrorPolicy Pipeline::policy_for(const Node& node, const Error& error, std::exception_ptr thrown) {
  if (!error_handler_) return node.options.on_error;
  ErrorPolicy chosen = node.options.on_error;
  try {
    chosen = error_handler_({.node = node.id,
                             .error = error,
                             .exception = std::move(thrown),
                             .policy = node.options.on_error});
  } catch (...) {
    ++counters_.thrown;
    report(node, thrown_error(std::current_exception()).with_context("the error handler"));
    chosen = ErrorPolicy::fail_session;
  }
  if (chosen != node.options.on_error) ++counters_.overridden;
  return chosen;
}

void Pipeline::skip_frame(Node& node, bool moved) {
  ++counters_.skipped;
  if (!moved) {
    for (InBase* in : node.op->inputs()) {
      if (in->size() == 0) continue;
      in->drop_one();
      break;
    }
  }
  for (InBase* in : node.op->inputs()) {
    if (in->size() != 0) scope_.ready.set(node.bit);
  }
}

Nanos restart_delay(const NodeOptions& options, int in_a_row) noexcept {
  if (in_a_row <= 1) return Nanos(0);
  Nanos delay = options.restart_delay;
  for (int i = 2; i < in_a_row && delay < options.restart_delay_max; ++i) delay *= 2;
  return std::min(delay, options.restart_delay_max);
}

void Pipeline::restart(Node& node, const Error& error) {
  if (node.restarts_in_a_row >= node.options.restarts_max) {
    return fail(node, error.with_context("still failing after " +
                                         std::to_string(node.restarts_in_a_row) + " restarts"));
  }
  ++node.restarts_in_a_row;
  ++counters_.restarts;
  if (node.is_open) node.op->close();
  node.is_open = false;
  node.state = Node::State::restarting;
  node.wake_at = context_.clock.now() + restart_delay(node.options, node.restarts_in_a_row);
  wakes_wanted_ = true;
  scope_.ready.set(node.bit);  // at once, when there is no delay
}

void Pipeline::reopen(Node& node) {
  node.wake_at = Instant::never();
  const Status opened = call_open(node);
  if (!opened) return recover(node, opened.error(), true);
  node.state = Node::State::running;
  scope_.ready.set(node.bit);
}

void Pipeline::fall_back(Node& node, const Error& error) {
  if (node.options.spare == nullptr) {
    return fail(node, error.with_context(node.options.on_error == ErrorPolicy::fallback
                                             ? "the spare failed too"
                                             : "there is no spare operator"));
  }
  if (node.is_open) node.op->close();
  node.is_open = false;
  node.state = Node::State::running;
  replaced_.push(std::make_shared<Update>(static_cast<std::size_t>(&node - nodes_.data()),
                                          put_in_place(node, std::move(node.options.spare))));
  const Status opened = call_open(node);
  if (!opened) {
    report(node, opened.error());
    return fail(node, opened.error().with_context("the spare cannot be opened"));
  }
  ++counters_.fallbacks;
  scope_.ready.set(node.bit);
}

/// The event was reported by `recover`, or is about a recovery that did not work.
void Pipeline::fail(const Node& node, const Error& error) {
  failed_ = true;
  failure_ = error.with_context("node '" + node.id + "'");
}

Counter& errors_lost_counter(Metrics& metrics) {
  return metrics.counter("parley_graph_errors_lost_total",
                         "Error events that found their queue full and that no client saw");
}

void Pipeline::report(const Node& node, const Error& error) {
  ++counters_.errors;
  node.errors->add();
  if (!errors_in_.has_room()) {
    ++counters_.errors_lost;
    errors_lost_.add();
    return;
  }
  errors_in_.push(media::ErrorEvent{.head = {}, .node = node.id, .error = error});
}

}  // namespace parley::graph
