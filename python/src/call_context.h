// SPDX-License-Identifier: Apache-2.0
//
// What `process` is given in Python: the names of this activation, and what an operator may ask of
// the pipeline. One object per operator, good only inside a call.
//
// Threads: with the GIL, inside a call.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/operator.h"
#include "media/frame.h"
#include "py_value.h"

namespace parley::python {

/// What a call stands on: a pipeline of names, or a node of a graph with ports.
class CallScope {
 public:
  virtual ~CallScope() = default;
  /// None when the name is not there.
  virtual std::optional<media::Frame> read(const std::string& name) = 0;
  [[nodiscard]] virtual bool has(const std::string& name) = 0;
  [[nodiscard]] virtual std::vector<std::string> names() = 0;
  virtual void write(const std::string& name, media::Frame value) = 0;
  [[nodiscard]] virtual std::optional<media::MediaTime> time() const = 0;
  [[nodiscard]] virtual const std::string& id() const = 0;
  virtual void set_error_handler(py::object handler) = 0;
  /// The operator's `on_timer` is called then.
  virtual void wake_at(Instant at) = 0;
};

class CallContext {
 public:
  /// The value under `name`. Raises NotReady, which ends this call, when it is not there; it is
  /// repeated then. With `preset`: that instead.
  py::object input(const std::string& name, const py::object& preset);
  [[nodiscard]] bool has(const std::string& name);
  [[nodiscard]] std::vector<std::string> names() const { return scope().names(); }
  void output(const std::string& name, const py::object& value);
  void set_error_handler(py::object handler);
  void wake_after(double seconds);
  void note_batch(std::size_t items);
  void report(const std::string& message);
  [[nodiscard]] std::optional<double> time() const;
  [[nodiscard]] std::string id() const { return scope().id(); }

  /// Makes `context` good for the time of a call.
  class Call {
   public:
    Call(CallContext& context, CallScope& scope, graph::ProcessContext& engine);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    CallContext& context_;
  };
  /// After a call: for want of what it was given up.
  [[nodiscard]] std::optional<std::string> take_missing() {
    return std::exchange(missing_, std::nullopt);
  }

 private:
  [[nodiscard]] CallScope& scope() const;

  CallScope* scope_ = nullptr;
  graph::ProcessContext* engine_ = nullptr;
  std::optional<std::string> missing_;
};

// `open` and `close` of an operator written in Python, where it has them. Threads: any.
void open_if_it_can(const Held& op);
/// What it raises goes where Python reports what nobody can catch.
void close_if_it_can(const Held& op) noexcept;

/// `parley.NotReady`, a BaseException, so that `except Exception` in an operator lets it pass.
[[nodiscard]] py::handle not_ready_type();

/// Adds Context and NotReady.
void add_call_context(py::module_& module);

}  // namespace parley::python
