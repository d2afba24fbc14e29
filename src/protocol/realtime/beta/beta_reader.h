// SPDX-License-Identifier: Apache-2.0
//
// A beta client's event rewritten as the GA event that means the same, so that one parser judges
// both (openai-realtime reference, §8.3).
// Only for .cpp files of protocol/realtime. Threads: any (pure).
#pragma once

#include <optional>

#include "protocol/json_reader.h"
#include "protocol/realtime/session_config.h"

namespace parley::protocol {

/// What GA has no word for.
struct BetaExtras {
  std::optional<double> temperature;  // [0.6, 1.2]
};

/// Rewrites `event` in place. What is wrong with it is reported in the beta's words.
BetaExtras rewrite_as_ga(json::object& event, Problems& problems);

/// A session object alone: the body of `POST /v1/realtime/sessions`.
BetaExtras rewrite_session_as_ga(json::value& session, SessionType type, Problems& problems);

}  // namespace parley::protocol
