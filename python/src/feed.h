// SPDX-License-Identifier: Apache-2.0
//
// What stands before an operator of the box, at each of its inputs: makes frames of a name's
// values.
//
// Threads: strand; the GIL only where a value is an object of Python.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "box.h"
#include "exchange.h"
#include "graph/operator.h"

namespace parley::python {

struct FeedOptions {
  std::size_t member = 0;
  std::string name;      // that it reads
  int rate_hz = 16'000;  // of arrays that are audio
  /// Of a feed of Opaque: what objects become where they can, so that they have a time.
  std::optional<std::size_t> kind = std::nullopt;
};
/// From names to frames of the kind `type`.
[[nodiscard]] std::unique_ptr<graph::Operator> make_feed(std::size_t type, Exchange& exchange,
                                                         Box& box, FeedOptions options);

}  // namespace parley::python
