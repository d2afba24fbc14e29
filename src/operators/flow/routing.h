// SPDX-License-Identifier: Apache-2.0
//
// Operators that decide where frames go and look at nothing in them. One file because they are one
// idea in five directions; each works for any kind of frame. Frames pass uncopied.
//
//   gate     control, in → out                on or off
//   switch   control, in → out1 … outN        one in, one of N out
//   select   control, in1 … inN → out         one of N in, one out
//   tee      in → out1 … outN                 one in, all out, and a slow one may be left behind
//   merge    in1 … inN → out                  all in, one out, in order of arrival
//
// Control frames (media/frame.h) are read before data, so that they overtake what waits. Those of
// another name, or with a value of another kind, are ignored. What is not let through is dropped
// and counted, its `is_last` included.
//
// Threads: strand.  Allocates: no.  Latency: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "graph/operator.h"
#include "graph/port.h"

namespace parley::operators {

inline constexpr int kBranchesMax = 16;  // of one switch, select, tee or merge

/// The last value among the waiting controls called `name` that is a `Value`; else `before`.
template <typename Value>
Value read_control(graph::In<media::Control>& port, std::string_view name, Value before) {
  while (port.peek() != nullptr) {
    const media::Control control = port.pop();
    const Value* const value = std::get_if<Value>(&control.value);
    if (control.name == name && value != nullptr) before = *value;
  }
  return before;
}

/// Ports `<prefix>1` … `<prefix>N`; they cannot move, since they are known by address.
template <typename Port, typename Options>
std::vector<std::unique_ptr<Port>> make_ports(graph::Operator& owner, const std::string& prefix,
                                              int count, const Options& options) {
  std::vector<std::unique_ptr<Port>> ports;
  for (int i = 1; i <= count; ++i) {
    ports.push_back(std::make_unique<Port>(owner, prefix + std::to_string(i), options));
  }
  return ports;
}

/// Control "open" with true or false.
template <typename T>
class GateOperator final : public graph::Operator {
 public:
  explicit GateOperator(bool is_open) : is_open_(is_open) {}
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    is_open_ = read_control(control_, "open", is_open_);
    while (in_.peek() != nullptr) {
      if (!is_open_) {
        in_.drop_one();
        ++dropped_;
        continue;
      }
      if (!out_.has_room()) return graph::Progress::blocked;
      out_.push(in_.pop());
    }
    return graph::Progress::need_input;
  }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  graph::In<media::Control> control_{*this, "control", {.required = false}};
  graph::In<T> in_{*this, "in"};
  graph::Out<T> out_{*this, "out", {.format_of = &in_}};
  bool is_open_;
  std::uint64_t dropped_ = 0;
};

/// Control "route" with the number of the output; 0, or any other number: none.
template <typename T>
class SwitchOperator final : public graph::Operator {
 public:
  SwitchOperator(int outputs, std::int64_t route)
      : outs_(
            make_ports<graph::Out<T>>(*this, "out", outputs, graph::OutOptions{.format_of = &in_})),
        route_(route) {}
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    route_ = read_control(control_, "route", route_);
    const bool is_routed = route_ >= 1 && std::cmp_less_equal(route_, outs_.size());
    while (in_.peek() != nullptr) {
      if (!is_routed) {
        in_.drop_one();
        ++dropped_;
        continue;
      }
      graph::Out<T>& out = *outs_[static_cast<std::size_t>(route_ - 1)];
      if (!out.has_room()) return graph::Progress::blocked;
      out.push(in_.pop());
    }
    return graph::Progress::need_input;
  }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  graph::In<media::Control> control_{*this, "control", {.required = false}};
  graph::In<T> in_{*this, "in"};
  std::vector<std::unique_ptr<graph::Out<T>>> outs_;
  std::int64_t route_;
  std::uint64_t dropped_ = 0;
};

/// Control "route" with the number of the input; the others are dropped. `format`: of all of them.
template <typename T>
class SelectOperator final : public graph::Operator {
 public:
  SelectOperator(int inputs, std::int64_t route, const graph::PortFormat& format)
      : ins_(make_ports<graph::In<T>>(
            *this, "in", inputs,
            graph::InOptions{
                .required = false, .rate_hz = format.rate_hz, .channels = format.channels})),
        out_(*this, "out", {.rate_hz = format.rate_hz, .channels = format.channels}),
        route_(route) {}
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    route_ = read_control(control_, "route", route_);
    bool is_blocked = false;
    for (std::size_t i = 0; i < ins_.size(); ++i) {
      const bool is_selected = std::cmp_equal(i + 1, route_);
      while (ins_[i]->peek() != nullptr) {
        if (!is_selected) {
          ins_[i]->drop_one();
          ++dropped_;
          continue;
        }
        is_blocked = !out_.has_room();
        if (is_blocked) break;
        out_.push(ins_[i]->pop());
      }
    }
    return is_blocked ? graph::Progress::blocked : graph::Progress::need_input;
  }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  graph::In<media::Control> control_{*this, "control", {.required = false}};
  std::vector<std::unique_ptr<graph::In<T>>> ins_;
  graph::Out<T> out_;
  std::int64_t route_;
  std::uint64_t dropped_ = 0;
};

/// What connecting twice does, and more: with `drops` a branch that is full loses the frame, which
/// is counted, and the others are not held up.
template <typename T>
class TeeOperator final : public graph::Operator {
 public:
  TeeOperator(int outputs, bool drops)
      : outs_(
            make_ports<graph::Out<T>>(*this, "out", outputs, graph::OutOptions{.format_of = &in_})),
        drops_(drops) {}
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    while (in_.peek() != nullptr) {
      if (!drops_ && !all_have_room()) return graph::Progress::blocked;
      const T frame = in_.pop();
      for (const std::unique_ptr<graph::Out<T>>& out : outs_) {
        if (out->has_room()) {
          out->push(frame);
        } else {
          ++dropped_;
        }
      }
    }
    return graph::Progress::need_input;
  }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  [[nodiscard]] bool all_have_room() const {
    for (const std::unique_ptr<graph::Out<T>>& out : outs_) {
      if (!out->has_room()) return false;
    }
    return true;
  }

  graph::In<T> in_{*this, "in"};
  std::vector<std::unique_ptr<graph::Out<T>>> outs_;
  bool drops_;
  std::uint64_t dropped_ = 0;
};

/// Takes from its inputs by turns. `format`: of all of them. mixer adds audio up; this does not.
template <typename T>
class MergeOperator final : public graph::Operator {
 public:
  MergeOperator(int inputs, const graph::PortFormat& format)
      : ins_(make_ports<graph::In<T>>(
            *this, "in", inputs,
            graph::InOptions{
                .required = false, .rate_hz = format.rate_hz, .channels = format.channels})),
        out_(*this, "out", {.rate_hz = format.rate_hz, .channels = format.channels}) {}
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    std::size_t empty = 0;  // inputs in a row
    while (empty < ins_.size()) {
      graph::In<T>& in = *ins_[next_];
      if (in.peek() != nullptr && !out_.has_room()) return graph::Progress::blocked;
      next_ = (next_ + 1) % ins_.size();
      if (in.peek() == nullptr) {
        ++empty;
        continue;
      }
      empty = 0;
      out_.push(in.pop());
    }
    return graph::Progress::need_input;
  }

 private:
  std::vector<std::unique_ptr<graph::In<T>>> ins_;
  graph::Out<T> out_;
  std::size_t next_ = 0;
};

}  // namespace parley::operators
