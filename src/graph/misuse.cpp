// SPDX-License-Identifier: Apache-2.0
#include "graph/misuse.h"

#include <new>
#include <string>

#include "graph/port.h"

namespace parley::graph {

Error misuse_error(Misuse what, const PortBase& port) {
  const std::string node(port.node_id());
  const std::string place = node.empty() ? "outlet " + port.name() : node + "." + port.name();
  switch (what) {
    case Misuse::none:
      break;
    case Misuse::pushed_when_full:
      return {.code = ErrorCode::internal,
              .message = "pushed a frame into '" + place +
                         "', which was full: ask has_room() first and return Progress::blocked"};
    case Misuse::popped_when_empty:
      return {.code = ErrorCode::internal,
              .message = "popped from '" + place + "', which was empty: ask empty() first"};
    case Misuse::out_of_order:
      return {.code = ErrorCode::internal,
              .message = "pushed a frame to '" + place +
                         "' that begins before the one before it; that output is declared ordered"};
  }
  return {.code = ErrorCode::internal, .message = "misused '" + place + "'"};
}

Error nonsense_progress_error(unsigned value) {
  return {.code = ErrorCode::internal,
          .message = "process returned Progress " + std::to_string(value) + ", which is none"};
}

Error thrown_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc& error) {
    return {.code = ErrorCode::resource_exhausted,
            .message = "threw: " + std::string(error.what())};
  } catch (const std::exception& error) {
    return {.code = ErrorCode::internal, .message = "threw: " + std::string(error.what())};
  } catch (...) {
    return {.code = ErrorCode::internal, .message = "threw something that is no std::exception"};
  }
}

}  // namespace parley::graph
