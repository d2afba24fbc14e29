// SPDX-License-Identifier: Apache-2.0
//
// What every backend says of a conversation that is not there or not yours. Threads: any (pure).
#pragma once

#include <string>

#include "base/result.h"

namespace parley::store {

inline Error is_unknown(const std::string& id) {
  return {ErrorCode::not_found, "There is no conversation '" + id + "'."};
}

/// It was there, and somebody erased it while a session had it open.
inline Error is_gone(const std::string& id) {
  return {ErrorCode::not_found, "The conversation '" + id + "' was deleted."};
}

inline Error is_taken(const std::string& id) {
  return {ErrorCode::failed_precondition,
          "The conversation '" + id + "' was resumed by another session."};
}

inline Error is_no_cursor(const std::string& id) {
  return {ErrorCode::invalid_argument, "Invalid 'after': there is no conversation '" + id + "'."};
}

}  // namespace parley::store
