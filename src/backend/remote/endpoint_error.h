// SPDX-License-Identifier: Apache-2.0
//
// What an endpoint's HTTP status and body mean to a caller, in words. Threads: pure functions.
#pragma once

#include <string_view>

#include "base/result.h"

namespace parley::backend {

/// `who`: "the voice's endpoint". 401 and 403 are permission_denied, 404 not_found, 429
/// resource_exhausted, others below 500 invalid_argument, the rest unavailable.
[[nodiscard]] Error endpoint_error(std::string_view who, int status, std::string_view body);

}  // namespace parley::backend
