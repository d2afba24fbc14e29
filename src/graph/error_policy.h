// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline does when an operator fails: when its `process` returns an error or throws, or
// when it does what it must not (misuse.h). Whatever is done, an ErrorEvent goes to
// `Pipeline::errors()` and a counter is bumped: no recovery is silent.
//
//   pipeline->set_error_handler([](const Failure& failure) {
//     tell(failure.node, failure.error.message);
//     return failure.policy;  // or another one, for this time
//   });
//
// Threads: value types; a handler is called on the pipeline's strand.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "graph/operator.h"

namespace parley::graph {

enum class ErrorPolicy : std::uint8_t {
  fail_session,  // the pipeline stops; `Pipeline::failed()` is true
  skip_frame,    // the frame that failed is gone (dropped if the operator left it); go on
  restart,       // close and open the operator, keep its queues; a limit in a row, then fail.
                 // The first time at once, then after a delay that doubles (exponential back-off)
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
inline constexpr Nanos kRestartDelayDefault = Millis(100);
inline constexpr Nanos kRestartDelayMaxDefault = Millis(10'000);

/// How one node of a graph is to be treated.
struct NodeOptions {
  ErrorPolicy on_error = ErrorPolicy::fail_session;
  /// restart: attempts in a row; a call that moves a frame starts the count again. At least 1.
  int restarts_max = kRestartsMaxDefault;
  /// restart: the wait before the second in a row, doubled for each further one up to the most.
  /// Meanwhile frames wait in the operator's queues. An `open` that fails counts as one more.
  Nanos restart_delay = kRestartDelayDefault;
  Nanos restart_delay_max = kRestartDelayMaxDefault;
  /// fallback: an operator with the same ports (checked when the graph is compiled), opened only
  /// when it is needed.
  std::unique_ptr<Operator> spare = nullptr;
  /// Nodes that name the same segment share a strand when a Runner cuts the graph (segment.h).
  std::string segment = {};
};

/// How long to wait before restart number `in_a_row` (from 1).
[[nodiscard]] Nanos restart_delay(const NodeOptions& options, int in_a_row) noexcept;

/// One failure, as an error handler sees it. Valid during the call.
struct Failure {
  std::string_view node;
  const Error& error;
  std::exception_ptr exception;  // what the operator threw; null when it returned the error
  ErrorPolicy policy;            // what the node's options say
};

/// Says what is to be done about a failure; `failure.policy` leaves it as it was planned. What the
/// node has no means for (fallback without a spare) fails the session. A handler that throws, too.
using ErrorHandler = std::function<ErrorPolicy(const Failure& failure)>;

}  // namespace parley::graph
