// SPDX-License-Identifier: Apache-2.0
//
// What a field that takes one of a few words may say.
// Threads: any (pure).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace parley::protocol {

template <typename E>
struct Choice {
  std::string_view name;
  E value;
};

/// Nothing when it is none of the names.
template <typename E, std::size_t N>
[[nodiscard]] constexpr std::optional<E> value_of(std::string_view name,
                                                  const std::array<Choice<E>, N>& choices) {
  for (const Choice<E>& choice : choices) {
    if (choice.name == name) return choice.value;
  }
  return std::nullopt;
}

/// REQUIRES: every value of E has a name.
template <typename E, std::size_t N>
[[nodiscard]] constexpr std::string_view name_of(E value, const std::array<Choice<E>, N>& choices) {
  for (const Choice<E>& choice : choices) {
    if (choice.value == value) return choice.name;
  }
  return {};
}

}  // namespace parley::protocol
