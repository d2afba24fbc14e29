// SPDX-License-Identifier: Apache-2.0
#include "base/log_histogram.h"

#include <algorithm>
#include <cmath>

namespace parley {

std::uint64_t LogHistogram::count() const noexcept {
  std::uint64_t count = 0;
  for (const auto& bucket : buckets_) count += bucket.load(std::memory_order_relaxed);
  return count;
}

double LogHistogram::percentile(double part) const noexcept {
  const std::uint64_t all = count();
  if (all == 0) return 0.0;
  const double wanted = std::ceil(std::clamp(part, 0.0, 1.0) * static_cast<double>(all));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= rank) return std::min(middle_of(i), static_cast<double>(max()));
  }
  return static_cast<double>(max());
}

double LogHistogram::middle_of(std::size_t index) noexcept {
  if (index < 2 * kSub) return static_cast<double>(index);  // these hold one value each
  const std::size_t shift = (index >> kSubBits) - 1;
  const std::size_t first = (index - (shift << kSubBits)) << shift;
  return static_cast<double>(first) + static_cast<double>((std::size_t{1} << shift) - 1) / 2.0;
}

}  // namespace parley
