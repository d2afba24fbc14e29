// SPDX-License-Identifier: Apache-2.0
#include "call_context.h"

#include <chrono>

#include <pybind11/stl.h>

#include "convert.h"

namespace parley::python {

namespace {

constexpr const char* kOutside =
    "a context is good only inside `process`, for the call that it was given to";

PyObject*& not_ready_slot() {
  static PyObject* type = nullptr;  // lives as long as the process
  return type;
}

}  // namespace

py::handle not_ready_type() { return not_ready_slot(); }

CallScope& CallContext::scope() const {
  if (scope_ == nullptr) throw std::runtime_error(kOutside);
  return *scope_;
}

CallContext::Call::Call(CallContext& context, CallScope& scope, graph::ProcessContext& engine)
    : context_(context) {
  context.scope_ = &scope;
  context.engine_ = &engine;
  context.missing_.reset();
}

CallContext::Call::~Call() {
  context_.scope_ = nullptr;
  context_.engine_ = nullptr;
}

py::object CallContext::input(const std::string& name, const py::object& preset) {
  const std::optional<media::Frame> value = scope().read(name);
  if (value) return to_python(*value);
  if (!preset.is(py::ellipsis())) return preset;
  missing_ = name;
  PyErr_SetString(not_ready_slot(), name.c_str());
  throw py::error_already_set();
}

bool CallContext::has(const std::string& name) { return scope().has(name); }

void CallContext::output(const std::string& name, const py::object& value) {
  scope().write(name, to_frame(value));
}

void CallContext::set_error_handler(py::object handler) {
  scope().set_error_handler(std::move(handler));
}

void CallContext::wake_after(double seconds) {
  const auto after = std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
  scope().wake_at(engine_->now() + after);
}

void CallContext::note_batch(std::size_t items) {
  static_cast<void>(scope());
  engine_->note_batch(items);
}

void CallContext::report(const std::string& message) {
  static_cast<void>(scope());
  engine_->report({.code = ErrorCode::internal, .message = message});
}

std::optional<double> CallContext::time() const {
  const std::optional<media::MediaTime> at = scope().time();
  if (!at) return std::nullopt;
  return seconds_of(*at);
}

void open_if_it_can(const Held& op) {
  const py::gil_scoped_acquire gil;
  const py::object object = object_of(op);
  if (!py::hasattr(object, "open")) return;
  try {
    object.attr("open")();
  } catch (py::error_already_set& error) {
    throw to_python_error(error);
  }
}

void close_if_it_can(const Held& op) noexcept {
  const py::gil_scoped_acquire gil;
  try {
    const py::object object = object_of(op);
    if (py::hasattr(object, "close")) object.attr("close")();
  } catch (py::error_already_set& error) {
    error.discard_as_unraisable("an operator's close");
  }
}

void add_call_context(py::module_& module) {
  not_ready_slot() = PyErr_NewExceptionWithDoc(
      "parley.NotReady", "A name is not there yet; the call is repeated when it is.",
      PyExc_BaseException, nullptr);
  if (not_ready_slot() == nullptr) throw py::error_already_set();
  module.attr("NotReady") = py::handle(not_ready_slot());

  py::class_<CallContext>(module, "Context",
                          "What an operator is given: the names of this activation.")
      .def("input", &CallContext::input, py::arg("name"), py::arg("default") = py::ellipsis(),
           "The value under `name`; if there is none yet, the call ends here and is repeated when "
           "there is. With a default: that instead.")
      .def("has", &CallContext::has, py::arg("name"), "Whether `name` is there now.")
      .def_property_readonly("names", &CallContext::names,
                             "The names that are there now, the one that was written last at the "
                             "end.")
      .def("output", &CallContext::output, py::arg("name"), py::arg("value"),
           "Writes a name; it counts when `process` returns.")
      .def("set_error_handler", &CallContext::set_error_handler, py::arg("handler"),
           "`handler(error)` hears of this operator's exceptions, instead of the pipeline's.")
      .def("wake_after", &CallContext::wake_after, py::arg("seconds"),
           "The operator's `on_timer(context)` is called once, after that time.")
      .def("note_batch", &CallContext::note_batch, py::arg("items"),
           "Tells the profiler that so many items were given away at once.")
      .def("report", &CallContext::report, py::arg("message"),
           "Reports an error that costs nothing but what was in hand.")
      .def_property_readonly("time", &CallContext::time,
                             "The activation's time on its stream in seconds, or None.")
      .def_property_readonly("id", &CallContext::id, "The operator's name in the pipeline.");
}

}  // namespace parley::python
