// SPDX-License-Identifier: Apache-2.0
//
// A node of a running pipeline, and what its operator is given: shared by pipeline.cpp and
// error_policy.cpp, and by nobody else.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "graph/pipeline.h"

namespace parley::graph {

struct Pipeline::Node {
  Operator* op = nullptr;  // = owned.get(); first, with what a step reads
  NodeSet::Bit bit;
  bool is_open = false;
  bool is_finished = false;
  bool wants_wake = false;
  int restarts_in_a_row = 0;
  Instant wake_at = Instant::never();
  std::string id;
  std::unique_ptr<Operator> owned;
  NodeOptions options;
  Counter* errors = nullptr;
};

class Pipeline::Context final : public ProcessContext {
 public:
  explicit Context(Pipeline& pipeline) : pipeline_(pipeline) {}
  [[nodiscard]] Instant now() const noexcept override { return pipeline_.context_.clock.now(); }
  [[nodiscard]] media::Turn turn() const noexcept override { return pipeline_.scope_.turn; }
  [[nodiscard]] const exec::Waker& waker() const noexcept override {
    return pipeline_.context_.waker;
  }
  void wake_at(Instant at) noexcept override {
    Node& node = *pipeline_.current_;
    node.wake_at = std::min(node.wake_at, at);
    pipeline_.wakes_wanted_ = true;
  }
  void report(const Error& error) override { pipeline_.report(*pipeline_.current_, error); }

 private:
  Pipeline& pipeline_;
};

}  // namespace parley::graph
