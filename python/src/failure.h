// SPDX-License-Identifier: Apache-2.0
//
// Errors of the engine as exceptions of Python, and its failures as what an error handler is given.
//
// Threads: with the GIL.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "graph/error_policy.h"
#include "py_value.h"

namespace parley::python {

/// Raises parley.EngineError, or a class below it that fits the code.
[[noreturn]] void raise(const Error& error);
/// Raises parley.GraphError: a pipeline that cannot run.
[[noreturn]] void raise_graph(const std::string& message);
void raise_unless(const Status& status);

/// What was thrown, if it was an exception of Python; or else null.
[[nodiscard]] Held exception_in(const graph::Failure& failure);

struct Verdict {
  bool is_handled = false;
  graph::ErrorPolicy policy = graph::ErrorPolicy::fail_session;
  Held exception;  // that is to be raised when it is not handled
};
/// Calls `handler(error)`; null: nobody listens. Holds the GIL by itself.
[[nodiscard]] Verdict ask_handler(const Held& handler, const std::string& id,
                                  const graph::Failure& failure);

/// "skip", "restart", "fail". Throws ValueError.
[[nodiscard]] graph::ErrorPolicy policy_of(const std::string& word);

}  // namespace parley::python
