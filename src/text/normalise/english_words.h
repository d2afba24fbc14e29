// SPDX-License-Identifier: Apache-2.0
//
// Words that are not said as they are written: abbreviations ("Dr.", "e.g.", "St."), initials
// ("U.S.", "J. K."), Roman numerals after names ("Louis XIV", "Chapter IV") and acronyms.
//
// Threads: any (pure functions).
#pragma once

#include "text/normalise/place.h"

namespace parley::text {

Reading read_english_abbreviation(const Place& place, Words& words);
Reading read_english_initials(const Place& place, Words& words);
Reading read_english_roman(const Place& place, Words& words);
/// Letters, apostrophes and hyphens alone.
Reading read_english_plain_word(const Place& place, Words& words);

}  // namespace parley::text
