// SPDX-License-Identifier: Apache-2.0
//
// How far apart two names are, for "did you mean".
//
// Threads: any (pure function).
#pragma once

#include <cstddef>
#include <string_view>

namespace parley {

/// Insertions, deletions and replacements of bytes that turn `a` into `b` (Levenshtein, 1966).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace parley
