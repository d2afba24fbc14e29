// SPDX-License-Identifier: Apache-2.0
#include "operators/audio/echo_reference.h"

#include <algorithm>

namespace parley::operators {

void EchoReference::read(std::span<float> out) noexcept {
  const std::size_t held = ring_.size();
  if (held > lead_max_ + out.size()) {
    skipped_.fetch_add(ring_.skip(held - out.size()), std::memory_order_relaxed);
  }
  const std::size_t count = ring_.read(out);
  if (count == out.size()) return;
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(count), out.end(), 0.0F);
  missing_.fetch_add(out.size() - count, std::memory_order_relaxed);
}

}  // namespace parley::operators
