// SPDX-License-Identifier: Apache-2.0
//
// Signs by themselves or before a word: "&", "5 - 3 = 2", "#1", "@name", "~5", "≥ 3".
//
// Threads: any (pure function).
#pragma once

#include "text/normalise/place.h"

namespace parley::text {

Reading read_english_symbol(const Place& place, Words& words);

}  // namespace parley::text
