// SPDX-License-Identifier: Apache-2.0
//
// Numbers and what is counted in one token or with the next: "1,234", "-5", "3rd", "1990s", "5%",
// "5 km/h", "3/4", "1½", "10k", "2.5M".
//
// Threads: any (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/normalise/place.h"

namespace parley::text {

struct Quantity {
  std::string spoken;
  Reading reading;  // what of the place's tokens it took
};

/// `core` is the first token's, or the part of it that is left when a range is read. The tokens
/// behind are looked at for a unit.
[[nodiscard]] std::optional<Quantity> english_quantity(std::string_view core, const Place& place);

/// A number with nothing behind it, by what its neighbours make of it: a year, a room, a code.
[[nodiscard]] std::string english_plain_number(std::string_view digits, const Place& place);

Reading read_english_quantity(const Place& place, Words& words);

}  // namespace parley::text
