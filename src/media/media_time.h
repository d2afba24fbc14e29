// SPDX-License-Identifier: Apache-2.0
//
// Time on a stream: how much audio came before, not what a clock says. Every time in a session is
// one of these; a wall clock (base/clock.h) only paces, and the two types do not mix.
//
// The unit is the flick, 1/705,600,000 s (Facebook, 2018), in which one sample of 8, 16, 22.05, 24,
// 32, 44.1 and 48 kHz audio is a whole number: conversions to and from samples never drift.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace parley::media {

struct MediaTime {
  static constexpr std::int64_t kPerSecond = 705'600'000;

  std::int64_t flicks = 0;

  static constexpr MediaTime from_samples(std::int64_t samples, int rate) {
    return {samples * (kPerSecond / rate)};
  }
  static constexpr MediaTime from_ms(std::int64_t ms) { return {ms * (kPerSecond / 1000)}; }
  /// Whole samples that fit, at `rate` Hz.
  [[nodiscard]] constexpr std::int64_t samples(int rate) const {
    return flicks / (kPerSecond / rate);
  }
  /// Milliseconds, rounded down.
  [[nodiscard]] constexpr std::int64_t ms() const { return flicks / (kPerSecond / 1000); }
  [[nodiscard]] constexpr std::chrono::nanoseconds nanos() const {
    return std::chrono::nanoseconds(flicks / 7056 * 10'000 + flicks % 7056 * 10'000 / 7056);
  }

  friend constexpr auto operator<=>(MediaTime, MediaTime) = default;
  friend constexpr MediaTime operator+(MediaTime a, MediaTime b) { return {a.flicks + b.flicks}; }
  friend constexpr MediaTime operator-(MediaTime a, MediaTime b) { return {a.flicks - b.flicks}; }
  constexpr MediaTime& operator+=(MediaTime by) {
    flicks += by.flicks;
    return *this;
  }
};

}  // namespace parley::media
