// SPDX-License-Identifier: Apache-2.0
//
// Where frames enter and leave a pipeline: an `Inlet` feeds input ports, an `Outlet` is a bounded
// queue at the end of an output port. The session's code pushes and pops them between two runs; a
// push or a pop gives the operators next to it news, so call `Pipeline::run` afterwards.
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "graph/operator.h"
#include "graph/port.h"

namespace parley::graph {

/// Owns a boundary's port; never runs.
class BoundaryOperator final : public Operator {
 public:
  Result<Progress> process(ProcessContext& /*context*/) override { return Progress::finished; }
};

class InletBase {
 public:
  InletBase() = default;
  InletBase(const InletBase&) = delete;
  InletBase& operator=(const InletBase&) = delete;
  virtual ~InletBase() = default;
  [[nodiscard]] virtual OutBase& port() = 0;
  /// Pushes that found no room.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  void count_refused_in(Counter& metric) { refused_metric_ = &metric; }

 protected:
  void note_refused() noexcept {
    ++refused_;
    if (refused_metric_ != nullptr) refused_metric_->add();
  }
  BoundaryOperator owner_;

 private:
  std::uint64_t refused_ = 0;
  Counter* refused_metric_ = nullptr;
};

template <typename T>
class Inlet final : public InletBase {
 public:
  /// `options`: what of their format all frames that are pushed will have.
  explicit Inlet(std::string_view name, OutOptions options = {}) : port_(owner_, name, options) {}

  [[nodiscard]] bool has_room() const noexcept { return port_.has_room(); }
  /// False when a consumer is full: the frame is gone, and counted.
  bool push(T frame) {
    if (!port_.has_room()) {
      note_refused();
      return false;
    }
    port_.push(std::move(frame));
    return true;
  }
  [[nodiscard]] OutBase& port() override { return port_; }

 private:
  Out<T> port_;
};

class OutletBase {
 public:
  OutletBase() = default;
  OutletBase(const OutletBase&) = delete;
  OutletBase& operator=(const OutletBase&) = delete;
  virtual ~OutletBase() = default;
  [[nodiscard]] virtual InBase& port() = 0;

 protected:
  BoundaryOperator owner_;
};

template <typename T>
class Outlet final : public OutletBase {
 public:
  explicit Outlet(std::string_view name, InOptions options = {}) : port_(owner_, name, options) {}

  /// The oldest frame of the current turn, or null. Valid until the next call.
  [[nodiscard]] const T* peek() noexcept { return port_.peek(); }
  /// REQUIRES: !empty().
  [[nodiscard]] T pop() noexcept { return port_.pop(); }
  [[nodiscard]] bool empty() noexcept { return port_.empty(); }
  [[nodiscard]] std::size_t size() const { return port_.size(); }
  [[nodiscard]] InBase& port() override { return port_; }

 private:
  In<T> port_;
};

}  // namespace parley::graph
