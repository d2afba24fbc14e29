// SPDX-License-Identifier: Apache-2.0
//
// Units of measure and how Americans say them.
//
// Threads: any (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::text {

/// The unit behind a number: "km" is "kilometer" or "kilometers", "km/h" "kilometers per hour".
/// `is_apart`: white space is between them; then symbols that are also words, such as "in", and
/// single letters that are more often names, are no units.
[[nodiscard]] std::optional<std::string> english_unit(std::string_view symbol, bool is_one,
                                                      bool is_apart);

}  // namespace parley::text
