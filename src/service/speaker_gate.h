// SPDX-License-Identifier: Apache-2.0
//
// Who is answered in one session, in the words of `speakers.gate`: what a device's address or a
// call's parameter says in its place. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "agent/voice_agent.h"
#include "base/result.h"

namespace parley::service {

/// Its name in addresses and parameters.
inline constexpr const char* kGate = "gate";

/// True: only enrolled speakers. Errors: invalid_argument, also where speakers cannot be told
/// apart.
inline Result<bool> parse_gate(std::string_view wanted, const agent::AgentContext& context) {
  if (wanted == "off") return false;
  if (wanted != "enrolled") {
    return Error{ErrorCode::invalid_argument,
                 "gate = '" + std::string(wanted) + "': expected 'off' or 'enrolled'"};
  }
  if (context.speakers == nullptr || context.known_speakers == nullptr) {
    return Error{ErrorCode::invalid_argument,
                 "gate = 'enrolled' would let nobody in: speakers.model is 'off'"};
  }
  return true;
}

}  // namespace parley::service
