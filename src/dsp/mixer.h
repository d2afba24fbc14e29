// SPDX-License-Identifier: Apache-2.0
//
// Sums of several voices that stay in [-1, 1] without a crackle.
// Threads: any. Allocates: no.
#pragma once

#include <cstddef>
#include <span>

namespace parley::dsp {

/// sum += gain * in. REQUIRES: sum.size() == in.size().
void mix(std::span<float> sum, std::span<const float> in, float gain = 1.0F) noexcept;

/// Above this level `limit` bends the curve: -1.9 dBFS.
inline constexpr float kLimitKnee = 0.8F;

/// Leaves what is at most kLimitKnee as it is and bends the rest, by a tanh that joins it smoothly,
/// so that nothing passes 1. Returns how many samples were bent.
std::size_t limit(std::span<float> samples) noexcept;

}  // namespace parley::dsp
