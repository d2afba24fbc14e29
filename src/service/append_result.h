// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace parley::service {

/// What became of what a producer gave to a stream. `full`: nothing was taken, and the stream's
/// sink hears when there is room.
enum class AppendResult : std::uint8_t { taken, full, closed };

}  // namespace parley::service
