// SPDX-License-Identifier: Apache-2.0
//
// A node of a running pipeline, and what its operator is given: shared by pipeline.cpp and
// error_policy.cpp, and by nobody else.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/pipeline.h"
#include "graph/profiler.h"

namespace parley::graph {

struct Pipeline::Node {
  enum class State : std::uint8_t {
    running,
    restarting,  // closed; opened again at `wake_at`
    finished,    // said so
  };
  Operator* op = nullptr;  // = owned.get(); first, with what a step reads
  NodeSet::Bit bit;
  State state = State::running;
  bool is_open = false;
  int restarts_in_a_row = 0;
  std::uint32_t fruitless = 0;     // calls in a row that wanted another and moved nothing
  std::uint64_t fruitless_at = 0;  // what had moved in the pipeline by then
  Instant wake_at = Instant::never();
  std::string id;
  std::vector<std::string> ports;  // of every operator in this place; never changes
  std::unique_ptr<Operator> owned;
  NodeOptions options;
  Counter* errors = nullptr;
  Histogram* batch_frames = nullptr;  // from its first batch on
  Histogram* batch_wait = nullptr;
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
    Node& node = pipeline_.nodes_[pipeline_.scope_.calling];
    node.wake_at = std::min(node.wake_at, at);
    pipeline_.wakes_wanted_ = true;
  }
  void report(const Error& error) override {
    pipeline_.report(pipeline_.nodes_[pipeline_.scope_.calling], error);
  }
  void note_batch(std::size_t items, std::optional<Nanos> waited) noexcept override {
    pipeline_.count_batch(pipeline_.nodes_[pipeline_.scope_.calling], items, waited);
    if (pipeline_.profile_ == nullptr) return;
    pipeline_.profile_->note_batch(pipeline_.scope_.calling, items);
  }

 private:
  Pipeline& pipeline_;
};

}  // namespace parley::graph
