// SPDX-License-Identifier: Apache-2.0
//
// How French is read aloud: numbers, dates, times, money, percent, units, abbreviations.
//
// Threads: any (pure function).
#pragma once

#include "text/normalise/place.h"

namespace parley::text {

/// Reads at least one token.
Reading read_french(const Place& place, Words& words);

}  // namespace parley::text
