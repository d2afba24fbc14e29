// SPDX-License-Identifier: Apache-2.0
//
// Telephone numbers: "(555) 123-4567", "+44 20 7946 0958", "1-800-555-0199". Digits are read one by
// one, with a comma where the groups end.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "text/normalise/place.h"

namespace parley::text {

/// Any text with digits, read as a telephone number.
[[nodiscard]] std::string english_phone(std::string_view text);

Reading read_english_phone(const Place& place, Words& words);

}  // namespace parley::text
