// SPDX-License-Identifier: Apache-2.0
//
// Numbers of a text that a recogniser wrote, as the words that were said: "It is $5." is "It is
// five dollars." again. What has no digit stays as it is written. English.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "text/normalise/token.h"

namespace parley::text {

/// Stretches of `text` that have digits, and what is said for each; in order, without overlap.
[[nodiscard]] Words spoken_numbers(std::string_view text);

/// `text` with those in their places.
[[nodiscard]] std::string numbers_as_words(std::string_view text);

}  // namespace parley::text
