// SPDX-License-Identifier: Apache-2.0
//
// Delays of many frames from many threads, to 50 µs: a percentile of millions without keeping them.
// Beyond kRange they count as that, and the longest is kept as it was.
//
// Threads: `add` any; the rest when nobody adds.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace parley::cli {

class DelayHistogram {
 public:
  static constexpr Nanos kStep = Micros(50);
  static constexpr std::size_t kSteps = 20'000;
  static constexpr Nanos kRange = kStep * kSteps;  // 1 s

  void add(Nanos delay) noexcept {
    const Nanos positive = std::max(delay, Nanos(0));
    const auto step = static_cast<std::size_t>(positive / kStep);
    counts_[std::min(step, kSteps)].fetch_add(1, std::memory_order_relaxed);
    std::int64_t longest = longest_.load(std::memory_order_relaxed);
    while (positive.count() > longest &&
           !longest_.compare_exchange_weak(longest, positive.count(), std::memory_order_relaxed)) {
    }
  }

  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& count : counts_) sum += count.load(std::memory_order_relaxed);
    return sum;
  }
  [[nodiscard]] double longest_ms() const noexcept {
    return static_cast<double>(longest_.load(std::memory_order_relaxed)) / 1e6;
  }
  /// The upper end of the step that holds it: no delay is told shorter than it was. 0 without any.
  [[nodiscard]] double percentile_ms(double share) const noexcept {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count())));
    std::uint64_t seen = 0;
    for (std::size_t step = 0; step < counts_.size(); ++step) {
      seen += counts_[step].load(std::memory_order_relaxed);
      if (seen >= rank && seen > 0) {
        const double end =
            static_cast<double>((kStep * static_cast<std::int64_t>(step + 1)).count());
        return std::min(end / 1e6, longest_ms());
      }
    }
    return 0;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kSteps + 1> counts_{};
  std::atomic<std::int64_t> longest_{0};
};

}  // namespace parley::cli
