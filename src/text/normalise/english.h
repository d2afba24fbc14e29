// SPDX-License-Identifier: Apache-2.0
//
// How American English is read aloud: the rules of all kinds, in the order in which they are asked.
//
// Threads: any (pure function).
#pragma once

#include "text/normalise/place.h"

namespace parley::text {

/// Reads at least one token.
Reading read_english(const Place& place, Words& words);

}  // namespace parley::text
