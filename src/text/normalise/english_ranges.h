// SPDX-License-Identifier: Apache-2.0
//
// From one number to another: "10–12", "5-10 kg", "$5-10 million", "1990-95", "9:00–17:00", "3-2".
//
// Threads: any (pure function).
#pragma once

#include "text/normalise/place.h"

namespace parley::text {

Reading read_english_range(const Place& place, Words& words);

}  // namespace parley::text
