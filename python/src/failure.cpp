// SPDX-License-Identifier: Apache-2.0
#include "failure.h"

#include <utility>

namespace parley::python {

namespace {

py::object error_class(const char* name) { return py::module_::import("parley.errors").attr(name); }

[[noreturn]] void raise_as(const char* name, const std::string& message) {
  const py::object made = error_class(name)(message);
  PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
  throw py::error_already_set();
}

}  // namespace

void raise(const Error& error) {
  switch (error.code) {
    case ErrorCode::resource_exhausted:
      raise_as("QueueFull", error.message);
    case ErrorCode::invalid_argument:
      raise_as("GraphError", error.message);
    case ErrorCode::not_found:
      raise_as("NotFound", error.message);
    default:
      raise_as("EngineError", error.message);
  }
}

void raise_graph(const std::string& message) { raise_as("GraphError", message); }

void raise_unless(const Status& status) {
  if (!status) raise(status.error());
}

Held exception_in(const graph::Failure& failure) {
  if (failure.exception == nullptr) return nullptr;
  try {
    std::rethrow_exception(failure.exception);
  } catch (const PythonError& error) {
    return error.exception();
  } catch (...) {
    return nullptr;
  }
}

Verdict ask_handler(const Held& handler, const std::string& id, const graph::Failure& failure) {
  Verdict verdict{.policy = failure.policy, .exception = exception_in(failure)};
  const py::gil_scoped_acquire gil;
  try {
    if (verdict.exception == nullptr) {
      verdict.exception = hold(error_class("EngineError")(failure.error.message));
    }
    if (handler == nullptr) return verdict;
    const py::object error =
        error_class("OperatorError")(id, object_of(verdict.exception), failure.error.message);
    const py::object answer = object_of(handler)(error);
    verdict.is_handled = true;
    if (!answer.is_none()) verdict.policy = policy_of(answer.cast<std::string>());
  } catch (py::error_already_set& error) {
    verdict.is_handled = false;
    verdict.exception = to_python_error(error).exception();
  } catch (const std::exception& error) {
    verdict.is_handled = false;
    verdict.exception = hold(error_class("EngineError")(
        std::string("the error handler gave no policy: ") + error.what()));
  }
  return verdict;
}

graph::ErrorPolicy policy_of(const std::string& word) {
  if (word == "skip") return graph::ErrorPolicy::skip_frame;
  if (word == "restart") return graph::ErrorPolicy::restart;
  if (word == "fail") return graph::ErrorPolicy::fail_session;
  throw py::value_error("'" + word + "' is no error policy; give skip, restart or fail");
}

}  // namespace parley::python
