// SPDX-License-Identifier: Apache-2.0
#include "ported_operator.h"

#include <deque>
#include <type_traits>
#include <utility>
#include <variant>

#include "convert.h"
#include "graph/frame_type.h"
#include "graph/port.h"

namespace parley::python {

using graph::Progress;
using media::Frame;

// --- ports ---------------------------------------------------------------------------------------

class PortedOperator::Input {
 public:
  virtual ~Input() = default;
  [[nodiscard]] virtual bool is_empty() = 0;
  [[nodiscard]] virtual Frame pop() = 0;
};

template <typename T>
class PortedOperator::InputOf final : public Input {
 public:
  InputOf(PortedOperator& owner, const std::string& name) : in_(owner, name) {}
  [[nodiscard]] bool is_empty() override { return in_.empty(); }
  [[nodiscard]] Frame pop() override { return Frame(in_.pop()); }

 private:
  graph::In<T> in_;
};

class PortedOperator::Output {
 public:
  virtual ~Output() = default;
  [[nodiscard]] virtual std::size_t type() const = 0;
  /// REQUIRES: of the right kind.
  virtual void add(Frame frame) = 0;
  /// True when everything went out.
  virtual bool flush() = 0;
};

template <typename T>
class PortedOperator::OutputOf final : public Output {
 public:
  OutputOf(PortedOperator& owner, const std::string& name) : out_(owner, name) {}
  [[nodiscard]] std::size_t type() const override { return graph::frame_index<T>(); }
  void add(Frame frame) override { waiting_.push_back(std::get<T>(std::move(frame))); }
  bool flush() override {
    while (!waiting_.empty() && out_.has_room()) {
      out_.push(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    return waiting_.empty();
  }

 private:
  graph::Out<T> out_;
  std::deque<T> waiting_;
};

PortedOperator::PortedOperator(std::shared_ptr<const PythonKind> kind, py::object op)
    : kind_(std::move(kind)), op_(hold(std::move(op))), context_(hold(py::cast(CallContext()))) {
  for (const auto& [name, type] : kind_->inputs) {
    graph::with_frame_type(type, [&, &port = name]<typename T>(std::type_identity<T>) {
      inputs_[port] = std::make_unique<InputOf<T>>(*this, port);
    });
  }
  for (const auto& [name, type] : kind_->outputs) {
    graph::with_frame_type(type, [&, &port = name]<typename T>(std::type_identity<T>) {
      outputs_[port] = std::make_unique<OutputOf<T>>(*this, port);
    });
  }
}

PortedOperator::~PortedOperator() = default;

// --- work ----------------------------------------------------------------------------------------

Result<Progress> PortedOperator::process(graph::ProcessContext& context) {
  while (true) {
    bool is_flushed = true;
    for (const auto& [name, output] : outputs_) is_flushed &= output->flush();
    if (!is_flushed) return Progress::blocked;
    const bool is_due = wake_at_ && context.now() >= *wake_at_;
    if (!is_due) {
      if (inputs_.empty()) return Progress::need_input;
      for (const auto& [name, input] : inputs_) {
        if (input->is_empty()) return Progress::need_input;
      }
      for (const auto& [name, input] : inputs_) taken_[name] = input->pop();
      head_ = std::visit([](const auto& kind) { return kind.head; }, taken_.begin()->second);
    }
    call(context);
    taken_.clear();
    if (wake_at_) context.wake_at(*wake_at_);
  }
}

void PortedOperator::call(graph::ProcessContext& context) {
  const bool is_timer = taken_.empty();
  if (is_timer) wake_at_.reset();
  const py::gil_scoped_acquire gil;
  free_dropped();
  const py::object context_object = object_of(context_);
  auto& call_context = context_object.cast<CallContext&>();
  try {
    const CallContext::Call call(call_context, *this, context);
    object_of(op_).attr(is_timer ? "on_timer" : "process")(context_object);
  } catch (py::error_already_set& error) {
    taken_.clear();
    throw to_python_error(error);
  }
}

std::optional<Frame> PortedOperator::read(const std::string& name) {
  const auto found = taken_.find(name);
  if (found != taken_.end()) return found->second;
  if (inputs_.contains(name)) return std::nullopt;
  std::string text;
  for (const auto& [other, input] : inputs_) text += (text.empty() ? "" : ", ") + other;
  throw py::key_error("'" + name + "' is no input of " + kind_->kind + "; inputs: " + text);
}

std::vector<std::string> PortedOperator::names() {
  std::vector<std::string> names;
  for (const auto& [name, frame] : taken_) names.push_back(name);
  return names;
}

void PortedOperator::write(const std::string& name, Frame value) {
  const auto found = outputs_.find(name);
  if (found == outputs_.end()) {
    std::string text;
    for (const auto& [other, output] : outputs_) text += (text.empty() ? "" : ", ") + other;
    throw py::key_error("'" + name + "' is no output of " + kind_->kind + "; outputs: " + text);
  }
  for (Frame& frame : to_kind(value, found->second->type(), {})) {
    std::visit(
        [&](auto& kind) {
          if (kind.head.pts != kNoTime) return;
          const media::MediaTime duration = kind.head.duration;
          kind.head = head_;
          if (duration.flicks != 0) kind.head.duration = duration;
        },
        frame);
    found->second->add(std::move(frame));
  }
}

void PortedOperator::set_error_handler(py::object /*handler*/) {
  throw std::runtime_error("in a graph, errors go to the pipeline's handler");
}

// --- life ----------------------------------------------------------------------------------------

Status PortedOperator::open(graph::ProcessContext& /*context*/) {
  open_if_it_can(op_);
  return {};
}

void PortedOperator::close() noexcept { close_if_it_can(op_); }

// --- kinds ---------------------------------------------------------------------------------------

void register_kind(graph::Registry& registry, PythonKind kind) {
  if (registry.has(kind.kind)) {
    throw py::value_error("there is a kind '" + kind.kind + "' already");
  }
  graph::Registry::Kind added;
  added.description = {.kind = kind.kind, .summary = kind.summary, .options = kind.options};
  // Shared with the operators that are made of it.
  const auto shared = std::make_shared<const PythonKind>(std::move(kind));
  added.check = [shared](std::string_view name, const graph::OptionValue&) -> Status {
    for (const graph::OptionDescription& option : shared->options) {
      if (option.name == name) return {};
    }
    return graph::unknown_option(name, shared->options);
  };
  added.make = [shared](const graph::OptionMap& options) -> Result<graph::Registry::Made> {
    const py::gil_scoped_acquire gil;
    try {
      py::dict arguments;
      for (const auto& [name, value] : options) {
        arguments[py::str(name)] =
            std::visit([](const auto& one) { return py::object(py::cast(one)); }, value);
      }
      py::object op = object_of(shared->make)(**arguments);
      return graph::Registry::Made(std::make_unique<PortedOperator>(shared, std::move(op)));
    } catch (py::error_already_set& error) {
      return Error{.code = ErrorCode::invalid_argument, .message = to_python_error(error).what()};
    }
  };
  registry.add_kind(std::move(added));
}

}  // namespace parley::python
