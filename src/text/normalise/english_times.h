// SPDX-License-Identifier: Apache-2.0
//
// Times of day: "9:15 a.m.", "9am", "17:30", "10:05:30"; and what looks like them, "16:9".
//
// Threads: any (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/normalise/english_quantities.h"

namespace parley::text {

/// "9:15" is "nine fifteen". Nothing when it is no time.
[[nodiscard]] std::optional<std::string> english_clock(std::string_view text);

/// `core` as a time, with the "a.m." that is in it or behind it.
[[nodiscard]] std::optional<Quantity> english_time(std::string_view core, const Place& place);

}  // namespace parley::text
