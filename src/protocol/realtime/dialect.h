// SPDX-License-Identifier: Apache-2.0
//
// The two forms of the Realtime API on the wire: GA, and the older beta that a client asks for
// (openai-realtime reference, §8.3). Everything behind the edge speaks GA; `beta/` translates.
#pragma once

#include <cstdint>

namespace parley::protocol {

enum class Dialect : std::uint8_t { ga, beta };

}  // namespace parley::protocol
