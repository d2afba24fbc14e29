// SPDX-License-Identifier: Apache-2.0
//
// Dates: "March 14, 2025", "14 March", "Mar. 2025", "2025-03-14", "3/14/2025", "on 3/14".
//
// Threads: any (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/normalise/place.h"

namespace parley::text {

/// A date in numbers alone. `format` says their order ("mdy", "dmy", "ymd", "md", "y", ...); empty:
/// four digits first are a year, full stops mean the day first, else the month is first unless it
/// can be none.
[[nodiscard]] std::optional<std::string> english_date(std::string_view text,
                                                      std::string_view format = {});

Reading read_english_date(const Place& place, Words& words);

}  // namespace parley::text
