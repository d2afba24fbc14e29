// SPDX-License-Identifier: Apache-2.0
//
// Money: "$5", "£5.99", "$2.5bn", "€5 million", "US$20/month", "5 EUR", "USD 5".
//
// Threads: any (pure functions).
#pragma once

#include <optional>
#include <string_view>

#include "text/normalise/english_quantities.h"

namespace parley::text {

/// `core` as an amount of money, with the "million" or the currency that is in it or behind it.
[[nodiscard]] std::optional<Quantity> english_money(std::string_view core, const Place& place);

/// The length of the currency's sign that `core` begins with, behind a sign of the number's: 1 of
/// "$5", 4 of "-US$5". 0: there is none.
[[nodiscard]] std::size_t money_sign_length(std::string_view core);

}  // namespace parley::text
