// SPDX-License-Identifier: Apache-2.0
//
// How digits and signs are read in Chinese text: numbers, dates, times, money, percent, units,
// ranges, telephone numbers. Han characters stand for themselves.
//
// Threads: any (pure functions).
#pragma once

#include "text/normalise/place.h"

namespace parley::text {

/// Whether digits at the place are Chinese by what is around them: a Han character is beside them,
/// and the sentence has no kana.
[[nodiscard]] bool is_chinese_place(const Place& place);

/// Reads at least one token when it is a number, a sign or a Han character; else none.
Reading read_chinese(const Place& place, Words& words);

}  // namespace parley::text
