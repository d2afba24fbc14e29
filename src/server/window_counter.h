// SPDX-License-Identifier: Apache-2.0
//
// Counts what is used in the running minute, or day, of the world's clock, without a lock.
// Threads: any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace parley::server {

class WindowCounter {
 public:
  /// More is not counted.
  static constexpr std::int64_t kAmountMax = (std::int64_t{1} << 38) - 1;

  /// `length`: of a window, at least 60 seconds.
  explicit WindowCounter(std::int64_t length) : length_(length) {}

  /// Counts `amount` unless the limit is reached already: what crosses it is still taken.
  bool take(std::int64_t unix_seconds, std::int64_t amount, std::int64_t limit) noexcept {
    const std::uint64_t window = window_of(unix_seconds);
    std::uint64_t before = state_.load(std::memory_order_relaxed);
    std::uint64_t after = 0;
    do {
      const std::int64_t used = amount_in(before, window);
      if (used >= limit) return false;
      const std::int64_t sum = std::min(used + amount, kAmountMax);
      after = window << kAmountBits | static_cast<std::uint64_t>(sum);
    } while (!state_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    return true;
  }
  [[nodiscard]] std::int64_t used(std::int64_t unix_seconds) const noexcept {
    return amount_in(state_.load(std::memory_order_relaxed), window_of(unix_seconds));
  }
  /// Seconds until the next window, at least 1.
  [[nodiscard]] std::int64_t reset_in(std::int64_t unix_seconds) const noexcept {
    return length_ - unix_seconds % length_;
  }

 private:
  // 26 bits number minutes until the year 2097; 38 bits count 8 years of milliseconds, or 274,877
  // of a currency in millionths.
  static constexpr int kAmountBits = 38;

  [[nodiscard]] std::uint64_t window_of(std::int64_t unix_seconds) const noexcept {
    return static_cast<std::uint64_t>(unix_seconds / length_);
  }
  static std::int64_t amount_in(std::uint64_t state, std::uint64_t window) noexcept {
    return state >> kAmountBits == window ? static_cast<std::int64_t>(state) & kAmountMax : 0;
  }

  const std::int64_t length_;
  std::atomic<std::uint64_t> state_{0};  // number of the window, and what was used in it
};

}  // namespace parley::server
