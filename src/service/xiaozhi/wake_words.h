// SPDX-License-Identifier: Apache-2.0
//
// The wake words that devices come with. A `listen detect` with one of them says that the device
// was called; with other words, that somebody typed them.
//
// Threads: any (pure).
#pragma once

#include <string>
#include <string_view>

namespace parley::service {

/// Without punctuation, spaces and pictures; ASCII in small letters.
[[nodiscard]] std::string bare_words(std::string_view text);
[[nodiscard]] bool is_known_wake_word(std::string_view text);

}  // namespace parley::service
