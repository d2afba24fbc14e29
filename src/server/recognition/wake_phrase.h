// SPDX-License-Identifier: Apache-2.0
//
// Whether somebody has said the phrase that wakes, by what was understood of him. Threads: any
// (pure).
#pragma once

#include <string_view>

namespace parley::server {

/// Words are compared by their letters and digits alone: "Hey, Jarvis!" has "hey_jarvis".
[[nodiscard]] bool has_phrase(std::string_view text, std::string_view phrase);

}  // namespace parley::server
