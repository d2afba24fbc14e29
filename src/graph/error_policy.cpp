// SPDX-License-Identifier: Apache-2.0
//
// The part of Pipeline that carries out error policies. It may allocate: it is not the audio path.
#include "graph/error_policy.h"

#include <string>
#include <utility>

#include "graph/pipeline_node.h"

namespace parley::graph {

/// `moved`: the failing call moved a frame, so the frame that failed is already out of its queue.
void Pipeline::recover(Node& node, const Error& error, bool moved) {
  report(node, error);
  switch (node.options.on_error) {
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

void Pipeline::restart(Node& node, const Error& error) {
  if (node.restarts_in_a_row >= node.options.restarts_max) {
    return fail(node, error.with_context("still failing after " +
                                         std::to_string(node.restarts_in_a_row) + " restarts"));
  }
  ++node.restarts_in_a_row;
  ++counters_.restarts;
  node.op->close();
  node.is_open = false;
  current_ = &node;
  const Status opened = node.op->open(*process_context_);
  current_ = nullptr;
  if (!opened) {
    report(node, opened.error());
    return fail(node, opened.error());
  }
  node.is_open = true;
  scope_.ready.set(node.bit);
}

void Pipeline::fall_back(Node& node, const Error& error) {
  if (node.options.spare == nullptr) {
    return fail(node, error.with_context("the spare failed too"));
  }
  std::unique_ptr<Operator> spare = std::move(node.options.spare);
  Operator& old = *node.op;
  old.close();
  node.is_open = false;
  retired_.push_back(std::move(node.owned));
  node.owned = std::move(spare);
  node.op = node.owned.get();
  attach(node);
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
  current_ = &node;
  const Status opened = node.op->open(*process_context_);
  current_ = nullptr;
  if (!opened) {
    report(node, opened.error());
    return fail(node, opened.error());
  }
  node.is_open = true;
  ++counters_.fallbacks;
  scope_.ready.set(node.bit);
}

/// The event was reported by `recover`, or is about a recovery that did not work.
void Pipeline::fail(const Node& node, const Error& error) {
  failed_ = true;
  failure_ = error.with_context("node '" + node.id + "'");
}

void Pipeline::report(const Node& node, const Error& error) {
  ++counters_.errors;
  node.errors->add();
  if (!errors_in_.has_room()) {
    ++counters_.errors_lost;
    return;
  }
  errors_in_.push(media::ErrorEvent{.head = {}, .node = node.id, .error = error});
}

}  // namespace parley::graph
