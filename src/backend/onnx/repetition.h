// SPDX-License-Identifier: Apache-2.0
//
// A greedy decoder can fall into a loop and say the same words until its limit. This finds the loop
// while it runs.
//
// Threads: any (a pure function).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::backend {

/// How many tokens at the end only repeat what stands before them; 0 while there is no loop. A loop
/// is a block of 1 to 16 tokens that follows itself often enough: people do say "no, no, no", so a
/// short block needs more repeats (8 of one token, 5 of two or three, 3 of longer ones).
[[nodiscard]] std::size_t repeated_tail(std::span<const std::int64_t> tokens) noexcept;

}  // namespace parley::backend
