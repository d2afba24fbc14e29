// SPDX-License-Identifier: Apache-2.0
//
// What an operator can get wrong with its ports and its answer. None of it may take another session
// down, so it costs the frame at hand and becomes an error of the node, and the node's policy
// decides.
//
// Threads: value types.
#pragma once

#include <cstdint>
#include <exception>

#include "base/result.h"

namespace parley::graph {

class PortBase;

enum class Misuse : std::uint8_t {
  none,
  pushed_when_full,   // the consumer's queue had no room; the frame is gone
  popped_when_empty,  // the operator got a frame without contents
  out_of_order,       // pts went back on an output that is declared ordered; the frame is passed on
};

/// `port`: the one that was misused. An internal error with the place and what should have been
/// done instead.
[[nodiscard]] Error misuse_error(Misuse what, const PortBase& port);

/// For a `Progress` that is none of its values.
[[nodiscard]] Error nonsense_progress_error(unsigned value);

/// What was thrown, as an Error: `threw: ` and its what(). Exceptions end where operators are
/// called. Out of memory is resource_exhausted, everything else internal.
[[nodiscard]] Error thrown_error(const std::exception_ptr& thrown);

}  // namespace parley::graph
