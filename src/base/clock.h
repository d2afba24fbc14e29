// SPDX-License-Identifier: Apache-2.0
//
// Time as a parameter. Nothing in Parley asks the operating system what time it is except
// `SteadyClock`; a whole call can therefore run in virtual time with `ManualClock`.
//
// `Instant` is wall time on a clock that never goes back. It is a different type from `MediaTime`
// (media/media_time.h), which counts samples: subtracting one from the other does not compile.
#pragma once

#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>

namespace parley {

using Nanos = std::chrono::nanoseconds;
using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;

/// A point on a Clock, in nanoseconds since that clock's own zero.
struct Instant {
  Nanos since_zero{0};

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant at, Nanos by) { return {at.since_zero + by}; }
  friend constexpr Instant operator-(Instant at, Nanos by) { return {at.since_zero - by}; }
  friend constexpr Nanos operator-(Instant a, Instant b) { return a.since_zero - b.since_zero; }
  /// Later than anything: "no deadline".
  static constexpr Instant never() { return {Nanos::max()}; }
};

/// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const noexcept = 0;
  /// Seconds since 1970-01-01 UTC, for what people and protocols read; never for intervals.
  [[nodiscard]] virtual std::int64_t unix_seconds() const noexcept = 0;
};

/// The machine's monotonic clock.
class SteadyClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override;
  [[nodiscard]] std::int64_t unix_seconds() const noexcept override;
};

/// Moves only when told to. Starts at zero; `unix_seconds` counts from `unix_start`.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_start = 1'750'000'000) : unix_start_(unix_start) {}
  [[nodiscard]] Instant now() const noexcept override { return {Nanos(nanos_.load())}; }
  [[nodiscard]] std::int64_t unix_seconds() const noexcept override;
  void advance(Nanos by) noexcept { nanos_ += by.count(); }
  /// Jumps forward to `at`; an earlier instant is ignored.
  void advance_to(Instant at) noexcept;

 private:
  std::atomic<std::int64_t> nanos_{0};
  std::int64_t unix_start_;
};

}  // namespace parley
