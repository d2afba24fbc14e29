// SPDX-License-Identifier: Apache-2.0
//
// Integers that cannot be mixed up: a StreamId is not a Turn. Threads: value type.
#pragma once

#include <compare>
#include <cstdint>

namespace parley {

template <typename Tag, typename Rep = std::uint64_t>
struct StrongId {
  Rep value{};
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

}  // namespace parley
