// SPDX-License-Identifier: Apache-2.0
//
// Words in capitals: "FBI" is spelled, "NASA" is said as a word, "NOT" is a word said loudly.
//
// Threads: any (pure functions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::text {

/// What is around a word in capitals.
enum class Around : std::uint8_t {
  words,     // ordinary ones
  capitals,  // more capitals: it is likely a word, said loudly
  code       // digits and signs: it is hardly a word
};

/// Nothing when `word` is no run of capitals (with a plural's s, or "'s", behind).
[[nodiscard]] std::optional<std::string> english_acronym(std::string_view word, Around around);

}  // namespace parley::text
