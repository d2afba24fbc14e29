// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline does when an operator's `process` returns an error. Whatever it does, an
// ErrorEvent goes to `Pipeline::errors()` and a counter is bumped: no recovery is silent.
//
// Threads: value types.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "graph/operator.h"

namespace parley::graph {

enum class ErrorPolicy : std::uint8_t {
  fail_session,  // the pipeline stops; `Pipeline::failed()` is true
  skip_frame,    // the frame that failed is gone (dropped if the operator left it); go on
  restart,       // close and open the operator, keep its queues; a limit in a row, then fail
  fallback,      // put the spare operator in its place, with its queues; no second spare: then fail
};

[[nodiscard]] constexpr std::string_view to_string(ErrorPolicy policy) noexcept {
  switch (policy) {
    case ErrorPolicy::fail_session:
      return "fail_session";
    case ErrorPolicy::skip_frame:
      return "skip_frame";
    case ErrorPolicy::restart:
      return "restart";
    case ErrorPolicy::fallback:
      return "fallback";
  }
  return "?";
}

inline constexpr int kRestartsMaxDefault = 3;

/// How one node of a graph is to be treated.
struct NodeOptions {
  ErrorPolicy on_error = ErrorPolicy::fail_session;
  /// restart: attempts in a row; a call that moves a frame starts the count again. At least 1.
  int restarts_max = kRestartsMaxDefault;
  /// fallback: an operator with the same ports (checked when the graph is compiled), opened only
  /// when it is needed.
  std::unique_ptr<Operator> spare = nullptr;
};

}  // namespace parley::graph
