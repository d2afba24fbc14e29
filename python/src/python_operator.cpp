// SPDX-License-Identifier: Apache-2.0
#include "python_operator.h"

#include <utility>

#include <pybind11/stl.h>

namespace parley::python {

using graph::Progress;

namespace {

Names names_in(const py::object& op, const char* attribute) {
  Names names;
  const py::object value = op.attr(attribute);
  if (py::isinstance<py::str>(value)) {
    throw py::type_error(std::string(attribute) + " is a list of names, not one str");
  }
  for (const py::handle name : value) names.insert(name.cast<std::string>());
  return names;
}

}  // namespace

OperatorLists lists_of(const py::object& op) {
  OperatorLists lists;
  const bool has_inputs = !py::getattr(op, "inputs", py::none()).is_none();
  const bool has_outputs = !py::getattr(op, "outputs", py::none()).is_none();
  if (has_inputs) lists.inputs = names_in(op, "inputs");
  if (has_outputs) lists.outputs = names_in(op, "outputs");
  lists.has_both = has_inputs && has_outputs;
  lists.asked = lists.inputs;
  lists.told = lists.outputs;
  if (!lists.has_both) {
    const py::module_ code = py::module_::import("parley.names_in_code");
    for (const py::handle name : code.attr("names_in")(op, "input")) {
      lists.asked.insert(name.cast<std::string>());
    }
    for (const py::handle name : code.attr("names_in")(op, "output")) {
      lists.told.insert(name.cast<std::string>());
    }
  }
  return lists;
}

PythonOperator::PythonOperator(py::object op, Place& place, Exchange& exchange)
    : op_(hold(op)),
      context_(hold(py::cast(CallContext()))),
      lists_(lists_of(op)),
      place_(place),
      exchange_(exchange) {}

Result<Progress> PythonOperator::process(graph::ProcessContext& context) {
  if (wake_at_) fire_timer(context);
  if (!ran_.has_room()) return Progress::blocked;
  const ActivationPtr activation = exchange_.take(place_.member);
  if (activation == nullptr) {
    // One may stay: for the profiler, a call that takes it would have done something.
    drop_settled(1);
    return Progress::need_input;
  }
  run(activation, context);
  return Progress::need_input;  // the exchange wakes us for the next one
}

/// So that what waits in the port is what it has not settled, but for `leave`.
void PythonOperator::drop_settled(std::size_t leave) {
  while (in_.size() > leave) {
    if (!exchange_.is_settled(place_.member, in_.peek()->head.sequence)) return;
    static_cast<void>(in_.pop());
  }
}

void PythonOperator::fire_timer(graph::ProcessContext& context) {
  if (context.now() < *wake_at_) return context.wake_at(*wake_at_);
  wake_at_.reset();
  const ActivationPtr activation = exchange_.make();
  activation->begun_for = place_.member;
  activation->method = "on_timer";
  exchange_.start(activation);
}

void PythonOperator::run(const ActivationPtr& activation, graph::ProcessContext& context) {
  activation_ = activation;
  notes_ = {};
  std::optional<std::string> missing;
  {
    const py::gil_scoped_acquire gil;
    free_dropped();
    const py::object context_object = object_of(context_);
    auto& call_context = context_object.cast<CallContext&>();
    try {
      const CallContext::Call call(call_context, *this, context);
      const char* const method =
          activation->begun_for == place_.member ? activation->method : "process";
      object_of(op_).attr(method)(context_object);
    } catch (py::error_already_set& error) {
      activation_.reset();
      missing = call_context.take_missing();
      if (!missing || !error.matches(not_ready_type())) throw to_python_error(error);
    }
  }
  activation_.reset();
  if (wake_at_) context.wake_at(*wake_at_);
  if (missing) return exchange_.settle_waiting(place_.member, notes_, *std::move(missing));
  ran_.push(token_of(*activation));
  exchange_.settle(place_.member, std::move(notes_));
  drop_settled(0);
}

// --- what a call may ask -------------------------------------------------------------------------

std::optional<media::Frame> PythonOperator::read(const std::string& name) {
  return exchange_.read(place_.member, *activation_, name, notes_);
}

bool PythonOperator::has(const std::string& name) {
  return exchange_.has(place_.member, *activation_, name);
}

std::vector<std::string> PythonOperator::names() {
  return exchange_.names(place_.member, *activation_);
}

void PythonOperator::write(const std::string& name, media::Frame value) {
  if (lists_.has_both && !lists_.outputs.contains(name)) {
    throw py::key_error("'" + name + "' is not in the outputs that " + place_.id + " lists");
  }
  notes_.written[name] = std::move(value);
}

std::optional<media::MediaTime> PythonOperator::time() const { return activation_->time; }

void PythonOperator::set_error_handler(py::object handler) {
  place_.error_handler = handler.is_none() ? nullptr : hold(std::move(handler));
}

void PythonOperator::wake_at(Instant at) { wake_at_ = at; }

// --- life ----------------------------------------------------------------------------------------

Status PythonOperator::open(graph::ProcessContext& context) {
  exchange_.set_waker(place_.member, context.waker());
  open_if_it_can(op_);
  return {};
}

Status PythonOperator::adopt(graph::Operator& predecessor) {
  auto* const old = dynamic_cast<PythonOperator*>(&predecessor);
  if (old == nullptr) {
    return Error{.code = ErrorCode::invalid_argument,
                 .message = "an operator of the box cannot be replaced by one of Python"};
  }
  {
    const py::gil_scoped_acquire gil;
    const py::object op = object_of(op_);
    if (py::hasattr(op, "adopt")) {
      try {
        op.attr("adopt")(object_of(old->op_));
      } catch (py::error_already_set& error) {
        throw to_python_error(error);
      }
    }
  }
  wake_at_ = old->wake_at_;
  exchange_.replace(place_.member, lists_.asked, lists_.told, lists_.has_both);
  return {};
}

void PythonOperator::close() noexcept { close_if_it_can(op_); }

}  // namespace parley::python
