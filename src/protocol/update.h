// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace parley::protocol {

/// A field of an update that may be absent (keep what is there), null (clear) or a value.
/// Threads: value type.
template <typename T>
struct Update {
  enum class State : std::uint8_t { absent, null, value };
  State state = State::absent;
  T value{};

  [[nodiscard]] bool present() const { return state != State::absent; }
  [[nodiscard]] bool is_null() const { return state == State::null; }
  [[nodiscard]] bool has_value() const { return state == State::value; }
};

}  // namespace parley::protocol
