// SPDX-License-Identifier: Apache-2.0
//
// An operator that is written in Python, with the ports of a graph: it can stand anywhere among
// operators of the box, in a graph file too.
//   in   <name> …   of the kind that it was registered with
//   out  <name> …   likewise
//
// `process(context)` is called when a frame waits at each input; it takes one of each.
//
// Threads: strand; holds the GIL only while it calls Python.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call_context.h"
#include "graph/operator.h"
#include "graph/registry.h"

namespace parley::python {

/// A class of Python as a kind.
struct PythonKind {
  std::string kind;
  std::string summary;
  Held make;                                  // called with the options by name
  std::map<std::string, std::size_t> inputs;  // name → frame kind
  std::map<std::string, std::size_t> outputs;
  std::vector<graph::OptionDescription> options;
};

/// Adds it to `registry`. Throws ValueError when there is such a kind already.
void register_kind(graph::Registry& registry, PythonKind kind);

class PortedOperator final : public graph::Operator, private CallScope {
 public:
  /// Threads: with the GIL.
  PortedOperator(std::shared_ptr<const PythonKind> kind, py::object op);
  ~PortedOperator() override;

  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;

 private:
  class Input;
  class Output;
  template <typename T>
  class InputOf;
  template <typename T>
  class OutputOf;

  void call(graph::ProcessContext& context);

  // CallScope
  std::optional<media::Frame> read(const std::string& name) override;
  bool has(const std::string& name) override { return taken_.contains(name); }
  [[nodiscard]] std::vector<std::string> names() override;
  void write(const std::string& name, media::Frame value) override;
  [[nodiscard]] std::optional<media::MediaTime> time() const override { return head_.pts; }
  [[nodiscard]] const std::string& id() const override { return kind_->kind; }
  void set_error_handler(py::object handler) override;
  void wake_at(Instant at) override { wake_at_ = at; }

  const std::shared_ptr<const PythonKind> kind_;  // shared by all operators of the kind
  const Held op_;
  const Held context_;  // a CallContext
  std::map<std::string, std::unique_ptr<Input>> inputs_;
  std::map<std::string, std::unique_ptr<Output>> outputs_;
  std::map<std::string, media::Frame> taken_;  // of the call that is being made
  media::FrameHeader head_;                    // of the first input's frame
  std::optional<Instant> wake_at_;
};

}  // namespace parley::python
