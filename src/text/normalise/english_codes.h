// SPDX-License-Identifier: Apache-2.0
//
// What mixes letters, digits and signs: "1.2.3", "v2.0", "192.168.1.1", "A380", "COVID-19",
// "2+2=4", "config.yaml", "C++", "AT&T". Also the way of last resort: whatever it is, it is read
// somehow.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "text/normalise/place.h"

namespace parley::text {

/// Versions, section numbers and addresses of machines.
Reading read_english_version(const Place& place, Words& words);

/// Any run without spaces, piece by piece. Empty when nothing of it is ever read aloud.
[[nodiscard]] std::string english_code(std::string_view core);

}  // namespace parley::text
