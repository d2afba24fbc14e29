// SPDX-License-Identifier: Apache-2.0
//
// An operator that is written in Python, as a node of a pipeline of names.
//   in   activations  Opaque: what began; a frame stays until it is settled
//   out  ran          Opaque: what it ran on
//
// Asks the exchange for an activation, takes the GIL, calls `process(context)`, settles. What
// Python raises is thrown as PythonError, so that the engine counts it and asks the error handler,
// which settles (session.cpp).
//
// Threads: strand; holds the GIL only while it calls Python.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call_context.h"
#include "exchange.h"
#include "graph/operator.h"
#include "graph/port.h"

namespace parley::python {

/// What belongs to a place in a pipeline, whoever stands there.
struct Place {
  std::size_t member = 0;
  std::string id;
  Held error_handler = nullptr;  // the operator's own; with the GIL
};

/// Its names, when it says them: an attribute that is a list, or a dict by name.
struct OperatorLists {
  bool has_both = false;
  Names inputs;
  Names outputs;
  // With what the code shows, where there are no lists.
  Names asked;
  Names told;
};
/// Threads: with the GIL. Throws TypeError.
[[nodiscard]] OperatorLists lists_of(const py::object& op);

class PythonOperator final : public graph::Operator, private CallScope {
 public:
  /// `place` and `exchange` outlive it. Threads: with the GIL.
  PythonOperator(py::object op, Place& place, Exchange& exchange);

  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  Status adopt(graph::Operator& predecessor) override;
  [[nodiscard]] bool is_busy() const noexcept override {
    return wake_at_.has_value() || !exchange_.is_quiet();
  }
  void close() noexcept override;

 private:
  void drop_settled(std::size_t leave);
  void fire_timer(graph::ProcessContext& context);
  void run(const ActivationPtr& activation, graph::ProcessContext& context);

  // CallScope
  std::optional<media::Frame> read(const std::string& name) override;
  bool has(const std::string& name) override;
  [[nodiscard]] std::vector<std::string> names() override;
  void write(const std::string& name, media::Frame value) override;
  [[nodiscard]] std::optional<media::MediaTime> time() const override;
  [[nodiscard]] const std::string& id() const override { return place_.id; }
  void set_error_handler(py::object handler) override;
  void wake_at(Instant at) override;

  graph::In<media::Opaque> in_{*this, "activations"};
  graph::Out<media::Opaque> ran_{*this, "ran"};
  const Held op_;
  const Held context_;  // a CallContext
  const OperatorLists lists_;
  Place& place_;
  Exchange& exchange_;
  std::optional<Instant> wake_at_;
  ActivationPtr activation_;  // of the call that is being made
  CallNotes notes_;           // likewise
};

}  // namespace parley::python
